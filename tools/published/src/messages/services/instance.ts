import type { Service } from '../service.ts'

export const INSTANCE: Service = {
  title: 'The KMS instance',
  intro:
    'The gateway of a KMS instance has a protocol of its own, with a client key instead of an AccessKey. Codes of [KMS](#kms) are shown with its texts.',
  sources: [
    { file: 'packages/backend-kms-instance/src/internal/client-key-errors.ts' },
    { file: 'packages/backend-kms-instance/src/internal/client-key-reader.ts', code: 'InvalidResponse' },
    {
      file: 'packages/backend-kms-instance/src/internal/probe-instance.ts',
      code: 'Unavailable',
      parts: ['the instance at …'],
    },
    {
      file: 'packages/auth-aap/src/client-key.ts',
      code: 'Unauthenticated',
      parts: ['client key', 'client key password', 'client key …', '… is closed'],
    },
    {
      file: 'packages/stores/src/internal/credentials/client-keys.ts',
      code: 'Unauthenticated',
      parts: ["… min … the API server's"],
    },
  ],
  advice: {
    'the request was changed in transit: check for a proxy that rewrites requests': [
      'A header or the body arrived other than it was signed.',
      'Reach the instance without a proxy that changes requests.',
    ],
    'the endpoint does not know the operation: check that it belongs to a KMS instance': [
      'The endpoint is not the gateway of a KMS instance.',
      'Use `INSTANCE_ID.cryptoservice.kms.aliyuncs.com` with the id of the instance.',
    ],
    'its signature does not match: check that the client key file belongs to this id and instance': [
      'Key id and private key do not belong together.',
      'Write the client key file from KMS again, unchanged.',
    ],
    'the instance does not know the client key: it was deleted, has expired, or is of another instance': [
      'The client key is of no access point of this instance.',
      'Create a client key in the access point of this instance, and update the Secret.',
    ],
    'the permission policy of its application access point does not allow it': [
      'The client key is valid, but its access point may not read the secret.',
      'Add the secret and its key to the permission policy of the access point.',
    ],
    'the gateway rejects the request as too large': ['HTTP 413.', 'Check for a proxy in front of the instance.'],
    'the response does not come from the gateway of a KMS instance…: check the endpoint': [
      'A proxy or another service answers.',
      'Correct the endpoint, or bypass the proxy.',
    ],
    'has a certificate that is not trusted (…): set ca to the CA of the instance': [
      'The instance has a private CA, and the store has none or another one.',
      'Download the CA of the instance in KMS and set it as `ca`.',
    ],
    'cannot be reached (…): check that the instance belongs to this VPC or is bound to it': [
      'The instance has an address only in the VPCs that are bound to it.',
      'Bind the VPC of the cluster to the instance; check security groups.',
    ],
    'expired at …: create a new one in KMS': [
      'Client keys have an end date.',
      'Create a new client key in the access point, and update the Secret.',
    ],
    "is not valid before …: wait, or check this machine's clock": [
      'The client key begins in the future, for the clock of this machine.',
      'Check the clock of the node.',
    ],
    "is valid, but this machine's clock, which is …, is outside its dates: correct the clock": [
      'The client key is valid by the clock of the API server.',
      'Synchronise the clock of the node (NTP).',
    ],
    'has a key that is not RSA of … to … bits': [
      'The file is no client key of KMS.',
      'Use the file that KMS offered when the client key was created.',
    ],
  },
}
