import { describeDevice } from './device-suite.js';

describeDevice('poisoned');
describeDevice('no-subgroups');
