import type { Service } from '../service.ts'

export const GATEWAY: Service = {
  title: 'Every service of Alibaba Cloud',
  intro:
    'The gateway in front of KMS, STS and OOS checks signature, time, quota and permission of each request, with the same codes for all services. A code that no table has is classified by its beginning, then by the HTTP status.',
  sources: [{ file: 'packages/alicloud-openapi/src/gateway-errors.ts', parts: ['ahead of'] }],
  advice: {
    'no RAM policy allows it': [
      'RAM has no statement that allows the action for this identity.',
      'Attach a policy that allows the action in the message to the identity in the message.',
    ],
    'the AccessKey is not known, or its session has expired': [
      'The AccessKey was deleted or mistyped, or the STS session has ended.',
      'Compare the id with RAM; write id and secret again.',
    ],
    'the AccessKey is disabled': ['The AccessKey exists but is off.', 'Enable it in RAM, or use another one.'],
    'the signature does not match: check the AccessKey secret': [
      'Id and secret do not belong together.',
      'Write both again, without spaces or line breaks.',
    ],
    'the security token is missing, expired, or belongs to another AccessKey': [
      'A temporary credential is incomplete or too old.',
      'Provide id, secret and token of one session; with a role of STS the operator renews them.',
    ],
    'the service throttles: more calls than the quota': [
      'All clients of the account in this region together exceed the quota.',
      'Lower `--kms-qps`, raise intervals, or ask for a higher quota.',
    ],
    'the service reports an internal error': ['The service fails. Secrets keep their values.', 'Wait; it is retried.'],
    'the service rejects the request as malformed': [
      'A parameter is missing or wrong for this service.',
      'Check that the endpoint belongs to the service; report it otherwise.',
    ],
    'the endpoint does not know the operation: check that it belongs to this service': [
      'The endpoint is one of another product.',
      'Correct the endpoint of the store or the flag.',
    ],
    'the service already received this request: check for a proxy that repeats requests': [
      'A request with the same nonce arrived twice.',
      'Let the proxy pass each request once.',
    ],
    'the request arrived with another HTTP method: check for a proxy that rewrites requests': [
      'A proxy changed POST into another method, as for a redirect.',
      'Bypass the proxy for the endpoint (`NO_PROXY`).',
    ],
    'the service forbids it': ['A `Forbidden` code that no table has.', 'Look up the code at Alibaba Cloud.'],
    "the request's timestamp is rejected: check this machine's clock…": [
      'The clock of the node differs from that of the service by more than 15 minutes.',
      'Synchronise the clock of the node (NTP). The message has the difference.',
    ],
    'the endpoint does not accept the AccessKey or its session': [
      'HTTP 401 without a code.',
      'Check credential and endpoint; a proxy may have answered.',
    ],
    'the endpoint forbids it': ['HTTP 403 without a code.', 'Check the endpoint; a proxy may have answered.'],
    'the endpoint waited too long for the request': ['HTTP 408.', 'Check the network; the operator retries.'],
    'the endpoint rejects the request with an unknown error': [
      'An HTTP status without a code of the service.',
      'Check that the endpoint belongs to the service, and not to a proxy or web page.',
    ],
  },
}
