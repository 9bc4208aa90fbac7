#!/bin/sh
# Makes a fresh clone ready: checks Node, installs the packages and builds, and looks for a WebGPU adapter.
# Usage: ./scripts/setup.sh   from any folder; safe to repeat: it changes nothing when nothing is missing.
#
# Only where no adapter is found, on Debian or Ubuntu, as root or through sudo, it installs Mesa's software
# Vulkan driver with apt.
# WGSL_TRAIN_NO_INSTALL=1   never install anything on the system, only print what to install
# WGSL_TRAIN_ETC=DIR        read os-release and the apt sources there instead of in /etc (for tests)
# Exit status: 0 ready; 69 no WebGPU adapter; anything else: the step that is named failed.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
etc=${WGSL_TRAIN_ETC:-/etc}
step='start'

say() { printf 'setup: %s\n' "$*"; }

# fail STATUS WHAT REMEDY: the texts may have several lines.
fail() {
  trap - EXIT
  printf 'setup: FAILED in step %s: %s\n' "$step" "$2" >&2
  printf '%s\n' "$3" | sed -e '1s/^/  remedy: /' -e '1!s/^/          /' >&2
  exit "$1"
}

# Whatever ends the script without a message of its own still names the step.
on_exit() {
  code=$?
  [ "$code" -eq 0 ] || printf 'setup: FAILED in step %s with status %s\n' "$step" "$code" >&2
}
trap on_exit EXIT

# --- 1. Node ------------------------------------------------------------------------------------------------

check_node() {
  wanted='Node 20.19 or newer of the 20 series, 22.12 or newer of the 22 series, or 24 and newer'
  get="install one of these with its npm, from https://nodejs.org or a version manager"
  command -v node >/dev/null || fail 1 'node is not on the PATH' "needs $wanted: $get"
  command -v npm >/dev/null || fail 1 'npm is not on the PATH' "npm comes with Node: $get"
  node_version=$(node --version)
  major=${node_version#v}
  minor=${major#*.}
  major=${major%%.*}
  minor=${minor%%.*}
  # The same ranges as `engines` in package.json.
  if [ "$major" -ge 24 ] || { [ "$major" -eq 22 ] && [ "$minor" -ge 12 ]; } || { [ "$major" -eq 20 ] && [ "$minor" -ge 19 ]; }; then
    say "$step: node $node_version: ok"
  else
    fail 1 "node $node_version is not supported" "needs $wanted: $get"
  fi
}

# --- 2. Packages and build ----------------------------------------------------------------------------------

install_packages() {
  missing=$(node scripts/lib/what-is-missing.js)
  if [ -z "$missing" ]; then
    say "$step: up to date"
    return
  fi
  case $missing in packages:*)
    say "$step: npm ci (${missing#packages: })"
    # The build needs the development packages, also where NODE_ENV or the npm configuration leaves them out.
    npm ci --include=dev --no-audit --no-fund ||
      fail 1 'npm ci did not succeed' 'read its messages above; it needs the npm registry (npm config get registry) and about 250 MB of disk for node_modules'
    missing=$(node scripts/lib/what-is-missing.js)
    ;;
  esac
  # npm ci has built already, through `prepare`, unless its configuration ignores scripts.
  case $missing in build:*)
    say "$step: npm run build (${missing#build: })"
    npm run build || fail 1 'the build did not succeed' 'read the messages of the TypeScript compiler above'
    missing=$(node scripts/lib/what-is-missing.js)
    ;;
  esac
  [ -z "$missing" ] || fail 1 "still not complete: $missing" 'delete node_modules and dist, then run this again'
}

# --- 3. A WebGPU adapter ------------------------------------------------------------------------------------

# Sets `adapter` (empty: none) and `probe_output`.
probe() {
  probe_status=0
  probe_output=$(node scripts/lib/find-adapter.js 2>&1) || probe_status=$?
  adapter=$(printf '%s\n' "$probe_output" | sed -n 's/^adapter: //p')
  [ "$probe_status" -ne 2 ] ||
    fail 69 "the package webgpu does not load: $(printf '%s\n' "$probe_output" | sed '$d')" "$(printf '%s\n' "$probe_output" | tail -n 1)"
}

# What a person needs to see why Vulkan offers nothing.
evidence() {
  printf 'no WebGPU adapter. The probe (node scripts/lib/find-adapter.js) ended with status %s' "$probe_status"
  [ -z "$probe_output" ] || printf ' and said:\n%s' "$(printf '%s\n' "$probe_output" | sed 's/^/    /')"
  if [ "$system" != Linux ]; then return; fi
  printf '\n  Vulkan drivers here:'
  found=none
  for file in "$etc"/vulkan/icd.d/*.json /usr/share/vulkan/icd.d/*.json /usr/local/share/vulkan/icd.d/*.json; do
    [ ! -e "$file" ] || { printf ' %s' "$file" && found=some; }
  done
  [ "$found" = some ] || printf ' none'
  for name in VK_DRIVER_FILES VK_ICD_FILENAMES; do
    eval "value=\${$name:-}"
    [ -z "$value" ] || printf '\n  %s=%s' "$name" "$value"
  done
}

# Sets `system`, and on Linux `distribution` (debian), `release` (12), `codename` and `pretty`.
identify_system() {
  system=$(uname -s)
  distribution='' release='' codename='' pretty=$system
  if [ "$system" = Linux ] && [ -r "$etc/os-release" ]; then
    distribution=$(os_release ID) release=$(os_release VERSION_ID)
    codename=$(os_release VERSION_CODENAME) pretty=$(os_release PRETTY_NAME)
  fi
}

# In a subshell: os-release is shell text, and sets names that this script uses too.
os_release() { (
  eval "$1=''"
  # shellcheck disable=SC1091
  . "$etc/os-release"
  eval "printf '%s' \"\$$1\""
); }

# Why nothing may be installed on this system, or nothing.
why_not_install() {
  case $distribution in
    debian | ubuntu) ;;
    *)
      echo "only Debian and Ubuntu are set up automatically, and this is ${pretty:-Linux}"
      return
      ;;
  esac
  if [ "${WGSL_TRAIN_NO_INSTALL:-}" = 1 ]; then
    echo 'WGSL_TRAIN_NO_INSTALL=1 is set'
  elif [ -n "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ]; then
    echo 'VK_DRIVER_FILES or VK_ICD_FILENAMES is set, which would hide it'
  elif [ "$(id -u)" -ne 0 ] && ! may_sudo; then
    echo 'this is neither root nor an account that may use sudo without a password'
  fi
}

# On a terminal sudo may ask for the password.
may_sudo() { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# The packages are the same on Debian and Ubuntu, and so is what goes with them on Debian 12.
apt_packages='libvulkan1 mesa-vulkan-drivers'
needs_backports() { [ "$distribution" = debian ] && [ "$release" = 12 ]; }
why_backports="Dawn refuses the release's own Mesa 22.3"

# What a person on this system does to get an adapter.
how_to_install() {
  [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] ||
    echo 'unset VK_DRIVER_FILES and VK_ICD_FILENAMES, which hide every other driver; if that is not enough:'
  case $system in
    Darwin) echo 'WebGPU uses Metal, which every Mac with macOS 11 or newer has; in a virtual machine, give it a graphics device' ;;
    Linux) how_to_install_on_linux ;;
    *) echo 'on Windows install the graphics driver of the maker (Direct3D 12); elsewhere a driver for Vulkan' ;;
  esac
}

how_to_install_on_linux() {
  case $distribution in
    debian | ubuntu | linuxmint | pop | raspbian | kali)
      if needs_backports; then
        echo "$why_backports, so take it from backports; as root:"
        echo "  add the suite $codename-backports of your mirror to /etc/apt/sources.list.d (as your other sources name it), then"
        echo "  apt-get update && apt-get install --no-install-recommends -t $codename-backports $apt_packages"
      else
        echo "apt-get install --no-install-recommends $apt_packages   (as root)"
      fi
      [ "$distribution:$release" != ubuntu:22.04 ] ||
        echo 'if that Mesa is refused too: a newer one from the PPA kisak/kisak-mesa, or Ubuntu 24.04'
      ;;
    fedora | rhel | centos | rocky | almalinux) echo 'dnf install vulkan-loader mesa-vulkan-drivers   (as root)' ;;
    arch | manjaro | endeavouros) echo 'pacman -S vulkan-icd-loader vulkan-swrast   (as root)' ;;
    opensuse* | sles) echo 'zypper install libvulkan1 libvulkan_lvp   (as root)' ;;
    *) echo "install the Vulkan loader (libvulkan.so.1) and a driver: your GPU's, or Mesa's software driver lavapipe (25.0 works, 22.3 does not)" ;;
  esac
}

# Not through apt's own progress output: one line says what is done, and the output is shown when it fails.
apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@" 2>&1; }

install_software_driver() {
  from=''
  added=''
  if needs_backports; then
    say "$step: installing Mesa's software Vulkan driver from $codename-backports, because no adapter was found and $why_backports"
    from="-t $codename-backports"
    add_backports
  else
    say "$step: installing Mesa's software Vulkan driver, because no adapter was found"
  fi
  # Another source of this system may be broken while the ones needed here are well: the installation counts.
  updated=$(apt_get update) || say "$step: apt-get update reported errors, going on"
  # shellcheck disable=SC2086
  installed=$(apt_get install -y --no-remove --no-install-recommends $from $apt_packages) || {
    [ -z "$added" ] || as_root rm -f "$added"
    fail 69 "apt-get could not install $apt_packages:
$updated
$installed" "$(how_to_install)"
  }
  say "$step: installed $apt_packages${from:+ from $codename-backports}"
}

add_backports() {
  source=$(node scripts/lib/backports-source.js "$etc/apt" "$codename" 2>&1) || fail 69 "$source" "$(how_to_install)"
  [ -n "$source" ] || return 0
  added=$etc/apt/sources.list.d/$(printf '%s\n' "$source" | head -n 1)
  printf '%s\n' "$source" | tail -n +2 | as_root tee "$added" >/dev/null
  as_root chmod 644 "$added"
  say "$step: added $added (the mirror and keyring that apt uses already)"
}

find_adapter() {
  identify_system
  probe
  if [ -n "$adapter" ]; then
    say "$step: found, nothing to install"
    return
  fi
  reason=$(why_not_install)
  [ -z "$reason" ] || fail 69 "$(evidence)
  Nothing was installed: $reason." "$(how_to_install)"
  install_software_driver
  probe
  [ -n "$adapter" ] || fail 69 "$(evidence)" "$(how_to_install)"
}

step='1/3 Node'
check_node
step='2/3 packages and build'
install_packages
step='3/3 WebGPU adapter'
find_adapter
say "ready on $adapter; next: node scripts/train.js --exp 6   or: npm test"
