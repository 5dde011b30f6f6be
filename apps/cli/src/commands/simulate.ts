import type { Flags } from '../flags/flag.ts'
import { defineCommand } from './command.ts'

/** Flags of `acksm simulate`. */
export const SIMULATE_FLAGS = {
  seed: { kind: 'text', value: 'FILE', required: true, help: 'YAML file with access keys, secrets and quota.' },
  port: { kind: 'port', value: 'N', help: 'KMS listens on N, the control port on N+1. Default: free ports.' },
  host: {
    kind: 'text',
    value: 'ADDRESS',
    help: 'Address to listen on; whoever reaches it can change every secret. Default: 127.0.0.1.',
  },
  'ca-file': {
    kind: 'text',
    value: 'FILE',
    help: 'Where the CA certificate is written, for NODE_EXTRA_CA_CERTS; removed at the end. Default: a temporary file.',
  },
} as const satisfies Flags

/** `acksm simulate` */
export const simulateCommand = defineCommand({
  name: 'simulate',
  summary: 'Run a double of KMS on this machine.',
  description:
    'Runs the KMS simulator until Ctrl-C. When it listens it prints one line of JSON that says where:\n' +
    '  {"kms":"https://…","control":"http://…","caFile":"…"}\n' +
    'It verifies signatures and permissions as KMS does. Its control port changes secrets and plays faults.',
  examples: [
    ['acksm simulate --seed seed.yaml --port 9443 --ca-file kms-ca.pem', 'then, in another shell:'],
    [
      'NODE_EXTRA_CA_CERTS=kms-ca.pem acksm sync -f manifests/ --out secrets --endpoint 127.0.0.1:9443',
      'read from it',
    ],
    [`curl -X PUT http://127.0.0.1:9444/secrets/app/db -d '{"data":"new"}'`, 'change a secret'],
  ],
  flags: SIMULATE_FLAGS,
  load: async () => (await import('../simulate/run-simulate.ts')).runSimulate,
})
