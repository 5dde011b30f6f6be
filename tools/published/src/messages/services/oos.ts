import type { Service } from '../service.ts'

export const OOS: Service = {
  title: 'OOS',
  intro: 'OOS refuses to read an encrypted parameter. The message begins with the parameter and the endpoint.',
  sources: [
    {
      file: 'packages/backend-oos/src/internal/oos-errors.ts',
      parts: ['read it', 'call oos:ListSecretParameters on secretparameter/*'],
    },
    {
      file: 'packages/backend-oos/src/internal/parameter-page.ts',
      code: 'InvalidResponse',
      parts: ['an object', 'an object of texts', 'one short line of text'],
    },
    {
      file: 'packages/backend-oos/src/internal/parameter-response.ts',
      code: 'InvalidResponse',
      parts: [
        'an object',
        'well-formed text',
        'a whole number',
        'allow it kms:GetSecretValue, besides oos:GetSecretParameter',
      ],
    },
    {
      file: 'packages/backend-oos/src/oos-backend.ts',
      code: 'InvalidSpec',
      parts: [
        'OOS parameter …',
        '… at …',
        '… OOS parameters',
        '… OOS parameters at …',
        '… at …: ',
        '… at …: …',
        'listing OOS parameters',
      ],
    },
  ],
  advice: {
    'no such encrypted parameter or version: check name and region': [
      'OOS has no encrypted parameter with this name or version in the region.',
      'Correct `key` or the region of the store. Plain parameters are not read.',
    ],
    'OOS rejects the request as malformed: check the name of the parameter and the region': [
      'OOS does not accept the name.',
      'Correct `key`.',
    ],
    'the response is about another parameter or version': [
      'A proxy or a defect mixed up responses. The value is not used.',
      'Check proxies between the operator and the endpoint.',
    ],
    '… got the parameter without its value: …': [
      'The identity may read the parameter in OOS, but not its value, which is in KMS.',
      'Also grant `kms:GetSecretValue`, and `kms:Decrypt` on the key.',
    ],
    '… in the response is not …': [
      'The response is not one of OOS. The message names the field.',
      'Check that the endpoint is one of OOS.',
    ],
    'expected the number of a version, such as 3, got …': [
      'Versions of OOS are numbers.',
      'Correct `versionId`, or remove it for the latest version.',
    ],
    'OOS has no stages but the latest version (ACSCurrent), got …; name a versionId': [
      '`versionStage` has a stage that only KMS has.',
      'Remove `versionStage`, or name a `versionId`.',
    ],
    'Parameters in the response is not a list': [
      'The response is not one of OOS, or of a newer OOS. The values are not used.',
      'Check the endpoint and proxies. If it stays, turn `--kms-batch` off.',
    ],
  },
}
