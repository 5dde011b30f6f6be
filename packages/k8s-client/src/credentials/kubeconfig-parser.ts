// Apart from its user, so that a bundler takes this class alone out of a package of fifty megabytes.
export { KubeConfig } from '@kubernetes/client-node'
