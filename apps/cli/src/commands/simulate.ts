import { defineCommand } from '@ack-secret-manager/command-line'
import { SIMULATE_FLAGS } from '../simulate/simulate-flags.ts'

/** `acksm simulate` */
export const simulateCommand = defineCommand({
  name: 'simulate',
  summary: 'Run a double of KMS on this machine.',
  description:
    'Runs the KMS simulator until Ctrl-C. Once it listens, it prints its endpoints as one line of JSON:\n' +
    '  {"kms":"https://…","control":"http://…","caFile":"…"}\n' +
    'and those of STS, ECS metadata, OOS, SMQ, Container Registry and a KMS instance if the seed configures them.\n' +
    'It verifies signatures and permissions like KMS. Its control port changes secrets and injects faults.',
  examples: [
    ['acksm simulate --seed seed.yaml --port 9443 --ca-file kms-ca.pem', 'then, in another shell:'],
    ['NODE_EXTRA_CA_CERTS=kms-ca.pem acksm sync -f manifests/ --out secrets --endpoint 127.0.0.1:9443', 'read from it'],
    [`curl -X PUT http://127.0.0.1:9444/secrets/app/db -d '{"data":"new"}'`, 'change a secret'],
  ],
  excessHint: 'the seed comes after --seed',
  flags: SIMULATE_FLAGS,
  load: async () => (await import('../simulate/run-simulate.ts')).runSimulate,
})
