import type { Flags } from '../flags/flag.ts'

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
