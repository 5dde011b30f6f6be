import type { Flags } from '@ack-secret-manager/command-line'

/** Flags of `acksm simulate`. */
export const SIMULATE_FLAGS = {
  seed: { kind: 'text', value: 'FILE', required: true, help: 'YAML file with access keys, secrets and quota.' },
  port: {
    kind: 'integer',
    value: 'N',
    min: '1',
    // The services take the first port and the seven after it.
    max: '65528',
    help: 'KMS listens on N, the control port on N+1, then STS, metadata, instance, OOS, SMQ, registry. Default: free ports.',
  },
  host: {
    kind: 'text',
    value: 'ADDRESS',
    help: 'Address to listen on. Every client that can connect can change all secrets. Default: 127.0.0.1.',
  },
  'ca-file': {
    kind: 'text',
    value: 'FILE',
    help: 'File for the CA certificate, for NODE_EXTRA_CA_CERTS; removed on exit. Default: a temporary file.',
  },
} as const satisfies Flags
