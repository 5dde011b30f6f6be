import { defineCommand } from '@ack-secret-manager/command-line'
import { FILES_HINT } from '../files-hint.ts'
import { DOCTOR_FLAGS } from '../../doctor/doctor-flags.ts'

/** `acksm doctor` */
export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'Find out what is wrong, and what to do about it.',
  description:
    'Checks the network, the identity, and with -f the stores and secrets of manifests: each secret by a dry run, no value is read.\n' +
    'With --kube also the cluster: CRDs, operator, permissions, stores and ExternalSecrets by cause. Nothing is written.\n' +
    'Each problem has one action. A check that needs another one is skipped if that one fails.',
  examples: [
    ['acksm doctor', 'this machine: DNS, TLS, clock, identity'],
    ['acksm doctor -f manifests/', 'and the stores and secrets of these manifests'],
    ['acksm doctor --kube --context staging', 'and a cluster'],
    ['acksm doctor --kube -n shop -o json', 'one namespace, for a script'],
  ],
  note: 'Exit codes: 0 nothing to do, 1 something to do, 2 invalid usage or input, 130 interrupted.',
  excessHint: FILES_HINT,
  flags: DOCTOR_FLAGS,
  load: async () => (await import('../../doctor/run-doctor.ts')).runDoctor,
})
