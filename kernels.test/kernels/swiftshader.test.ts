/**
 * A slice of the kernels' tests on SwiftShader, which has a product variant of its own; in a file, and so in
 * a process of its own because the Vulkan loader reads once which driver to load.
 */
import { describeDevice } from './device-suite.js';

describeDevice('swiftshader');
