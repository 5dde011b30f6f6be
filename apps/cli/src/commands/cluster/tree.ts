import { defineCommand } from '@ack-secret-manager/command-line'
import { RESOURCE_OR_PUSH_HELP } from '../../kube/resource-help.ts'
import { TREE_FLAGS } from '../../tree/tree-flags.ts'

/** `acksm tree` */
export const treeCommand = defineCommand({
  name: 'tree',
  summary: 'Show where a Secret comes from, and which workloads use it.',
  description:
    'Prints an ExternalSecret with its stores, their identities, the KMS secrets and versions, the Secret and what uses it:\n' +
    'Deployments, StatefulSets, DaemonSets, CronJobs, Jobs, Pods, Ingresses and ServiceAccounts. Never reads the content of a Secret.\n' +
    'For a store or a ClusterExternalSecret: the ExternalSecrets that belong to it, with their Secrets and workloads.\n' +
    'For a store, also its PushSecrets. For a PushSecret: its Secret, its store, and the KMS secrets with state and version.\n' +
    'It shows one moment, and exits with 0 also if a part has a ✗; acksm status exits with 1, and follows changes with -w.',
  examples: [
    ['acksm tree web -n prod', 'from KMS to the workloads'],
    ['acksm tree store/kms -n prod', 'everything that a SecretStore serves'],
    ['acksm tree push/web -n prod', 'which KMS secrets a PushSecret writes'],
    ['acksm tree web -n prod -o json', 'for a script'],
  ],
  argument: { name: 'NAME', help: RESOURCE_OR_PUSH_HELP, completes: 'resource' },
  flags: TREE_FLAGS,
  load: async () => (await import('../../tree/run-tree.ts')).runTree,
})
