// In a separate module so that a bundler includes only this class of a package of fifty megabytes.
export { KubeConfig } from '@kubernetes/client-node'
export { parseDocument } from 'yaml'
