export { findLeaks } from '@ack-secret-manager/testbed/canary'
