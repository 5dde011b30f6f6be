import type { Service } from '../service.ts'

const OTHER_RESPONSE = [
  'Something else responds at this endpoint, or the API has changed.',
  'Check `--registry-endpoint` and proxies.',
] as const

export const CONTAINER_REGISTRY: Service = {
  title: 'Container Registry',
  intro:
    'Tokens of `spec.generate`. The message begins with the instance or the role, and the endpoint. The Secret keeps its last token, so an outage is reported at the expiry of that token.',
  sources: [
    {
      file: 'packages/generator-token/src/container-registry.ts',
      code: 'InvalidResponse',
      parts: ['getting a token of registry …', 'call cr:GetAuthorizationToken for …', '… at …'],
    },
    { file: 'packages/generator-token/src/token-cache.ts', code: 'InvalidResponse' },
    { file: 'packages/generator-token/src/token-failure.ts', code: 'Throttled' },
  ],
  advice: {
    'no RAM policy allows it; the resource of the statement must be *': [
      'The identity of the store may not call `cr:GetAuthorizationToken`.',
      'Attach the policy of the guide to tokens. `acksm doctor -f FILE` checks it.',
    ],
    'the service reports an internal error': [
      'Container Registry failed. The call is repeated.',
      'Wait, then ask Alibaba Cloud support.',
    ],
    'no instance has this id in the region': [
      'The account has no such instance in the region of the entry, or of the store.',
      'Correct `id` or `region` of the instance.',
    ],
    'the service reports the failure… with status 200': [
      'Container Registry refuses the call, with a code that is not documented.',
      'Check the instance in the console, then ask Alibaba Cloud support with the request id.',
    ],
    'the response has no AuthorizationToken': OTHER_RESPONSE,
    'the response has no TempUsername': OTHER_RESPONSE,
    'the response has no ExpireTime': OTHER_RESPONSE,
    'the token of the response has expired; check the clock of this machine': [
      'The clock of the node is ahead of that of the service.',
      'Synchronize the clock of the node.',
    ],
    'not called within … s, because other tokens of its identity came first; an identity makes … calls at once and … per second: use fewer tokens, or stores with other identities':
      [
        'Too many different tokens of one identity are due, or its calls hang. They are repeated within a minute.',
        'Let resources share tokens, or use stores with other identities. If calls hang, check the endpoint.',
      ],
    'its store was changed or deleted during the call': [
      'The store that made the call has changed. The call is repeated.',
      'None.',
    ],
    'the token expires within a minute; check the session of the identity and the clock of this machine': [
      'A token lives as long as the session of its identity, which is about to end.',
      'Check why the session is not renewed, and the clock of the node.',
    ],
  },
}
