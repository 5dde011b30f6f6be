import type { Service } from '../service.ts'

export const KMS: Service = {
  title: 'KMS',
  intro:
    'KMS refuses a read or a change, at its endpoint or at the endpoint of an instance. The message begins with the secret and the endpoint. For a missing permission it also has the identity and the action.',
  sources: [
    { file: 'packages/alicloud-openapi/src/kms/kms-errors.ts' },
    { file: 'packages/kms-management/src/internal/management-errors.ts' },
    {
      file: 'packages/alicloud-openapi/src/kms/secret-response.ts',
      code: 'InvalidResponse',
      parts: [
        'a list of texts',
        'one short line of text',
        'text or binary',
        'well-formed Unicode text',
        'base64, as SecretDataType is binary',
      ],
    },
    {
      file: 'packages/alicloud-openapi/src/kms/list-secrets.ts',
      code: 'InvalidResponse',
      parts: [
        'a whole number',
        'a list of texts',
        'one short line of text',
        'listing KMS secrets',
        'call kms:ListSecrets on secret',
        '… at …',
      ],
    },
    { file: 'packages/kms-management/src/internal/responses.ts', code: 'InvalidResponse', parts: ['not a date'] },
  ],
  advice: {
    'the KMS key that protects it was deleted: its value cannot be decrypted any more': [
      'The secret exists, but the key that encrypts its value does not.',
      'Create the secret again with another key. Only a backup has the value.',
    ],
    'the KMS key that protects it is disabled or about to be deleted: enable it': [
      'The key that encrypts the value cannot be used in its state.',
      'In the KMS console enable the key, or cancel its deletion.',
    ],
    'the account has overdue payments: pay them': ['KMS is suspended for the account.', 'Pay the overdue bills.'],
    'KMS does not know the account: activate KMS for it': [
      'KMS was never used with this Alibaba Cloud account.',
      'Activate KMS in its console, or use an identity of the right account.',
    ],
    'KMS does not support reading it this way': [
      'The type or state of the secret does not allow the call.',
      'Read it without `versionId` or `versionStage`, or see its type in the KMS console.',
    ],
    'KMS rejects the request as malformed: check the name, version stage and version id of the secret': [
      'A name, stage or version id has characters or a length that KMS does not accept.',
      'Correct `key`, `versionId` or `versionStage` of the entry. Retries are useless.',
    ],
    'KMS reports an internal error': ['KMS fails. Secrets keep their values.', 'Wait; the operator retries.'],
    'no such secret or version: check its name, and region or instance': [
      'In the account and region of the store there is no such secret, version or stage.',
      'Run `acksm list` and `acksm versions SECRET` with the same identity, then correct `key` or the store.',
    ],
    'it is scheduled for deletion: restore it first': [
      'The secret was deleted and can still be restored.',
      'Run `acksm restore SECRET`, or use another secret.',
    ],
    'KMS is not activated for the account: activate it': ['The account has no KMS.', 'Activate KMS in its console.'],
    'the risk control of Alibaba Cloud forbids it': [
      'Alibaba Cloud has blocked the account or the call.',
      'Open a ticket with the request id of the log line.',
    ],
    'KMS throttles: more calls than the quota': [
      'All clients of the account in this region together exceed the quota.',
      'Lower `--kms-qps`, raise intervals, or ask for a higher quota. The operator slows down by itself.',
    ],
    'the KMS instance that holds it is not running': [
      'The secret belongs to a KMS instance that is stopped or expired.',
      'Start or renew the instance.',
    ],
    'the KMS instance that holds it does not exist': [
      'The secret belongs to a KMS instance that was released.',
      'Create the secret in another instance.',
    ],
    'no RAM policy allows it': [
      'RAM has no statement that allows the action on the secret for this identity.',
      'Grant `kms:GetSecretValue` on the secret and `kms:Decrypt` on its key to the identity in the message.',
    ],
    'it exists already, or the version id holds another value: choose another version id': [
      'A version id can be used only once for each secret.',
      'Use another `--version-id`, or none.',
    ],
    'its state does not allow this, or has just changed': [
      'Another change of the same secret, such as a rotation, is under way.',
      'Run the command again; `acksm versions SECRET` shows the present state.',
    ],
    'KMS does not support this for secrets of its type': [
      'Managed secrets, such as those of RDS and RAM, get their versions from rotation only.',
      'Run `acksm rotate SECRET` instead.',
    ],
    'a limit of KMS is reached (stages and tags of a secret, secrets of the account): remove some': [
      'KMS limits the number of secrets, stages and tags.',
      'Remove unused ones, or ask for a higher quota.',
    ],
    'KMS rejects the request as malformed: check name, version id, tags and description': [
      'A field of the change is not acceptable for KMS.',
      'Correct the argument or flag.',
    ],
    'the response is about another secret': [
      'A proxy or a defect mixed up responses. The value is not used.',
      'Check proxies between the operator and the endpoint; report it if there is none.',
    ],
    '… in the response is not …': [
      'The response is not one of KMS, or of a newer KMS. The message names the field.',
      'Check that the endpoint is one of KMS, and that no proxy changes responses.',
    ],
    'the response has no valid …': [
      'The response is not one of KMS, or of a newer KMS. The message names the field.',
      'Check that the endpoint is one of KMS, and that no proxy changes responses.',
    ],
  },
}
