import type { Service } from '../service.ts'

export const SMQ: Service = {
  title: 'SMQ',
  intro:
    'The queue of `--hint-queue`, or its HTTP target. The message begins with the queue and the endpoint. The operator goes on polling, so changes arrive at the refresh interval.',
  sources: [
    { file: 'packages/hint-source-smq/src/internal/smq-errors.ts', parts: ['ahead of'] },
    {
      file: 'packages/hint-source-smq/src/smq-queue.ts',
      code: 'InvalidResponse',
      parts: [
        'SMQ queue … in … at …',
        'call … on the queue',
        '<?xml version="1.0" encoding="UTF-8"?><… xmlns="http://mns.aliyuncs.com/doc/v1/">…</…>',
      ],
    },
    { file: 'packages/hint-source-smq/src/queue-arn.ts', code: 'InvalidSpec' },
    { file: 'apps/operator/src/hints/token-file.ts', code: 'Unauthenticated' },
    { file: 'apps/operator/src/http/listen-at.ts', code: 'Unavailable' },
  ],
  advice: {
    'there is no such queue: check its name, account and region': [
      'The account has no queue of this name in this region, or with `--shards` no queue `NAME-0`, `NAME-1` and so on.',
      'Create the queue, or correct `--hint-queue`.',
    ],
    'there can be no queue of this name': [
      'A name has letters, digits and hyphens, at most 120.',
      'Correct `--hint-queue`.',
    ],
    'no RAM policy allows it': [
      'The identity may not make the call that the message names.',
      'Add the action to the policy of the identity. `acksm doctor --hint-queue ARN` checks it.',
    ],
    'the service throttles: more calls than the quota': [
      'More calls to the queue than SMQ allows. The operator waits longer between its calls.',
      'Check whether other programs use the queue.',
    ],
    'the service reports an internal error': [
      'SMQ failed. The call is repeated.',
      'Wait, then ask Alibaba Cloud support.',
    ],
    "the request's date is rejected: check this machine's clock…": [
      'The clock differs by more than 15 minutes from that of SMQ.',
      'Synchronize the clock of the node.',
    ],
    'the response is not one of SMQ…: check the endpoint': [
      'Something else responds at this endpoint, such as a proxy.',
      'Copy the endpoint from the details of the queue, and set `--hint-endpoint`.',
    ],
    'expected the ARN of a queue such as acs:mns:cn-hangzhou:1234567890123456:/queues/acksm-hints, got …': [
      'The text is no ARN of a queue.',
      'Use `acs:mns:REGION:ACCOUNT:/queues/NAME`.',
    ],
    '--…: cannot listen on …:… (…); free the address, or choose another one': [
      'Another process uses the address of `--hint-http-bind-address`, or the operator may not use its port.',
      'End that process, or choose another port. The operator tries again.',
    ],
    'cannot be read (…); mount the Secret with the token there': [
      'The file of `--hint-http-token-file` does not exist, or the operator may not read it.',
      'Create the Secret of `hintTarget.tokenSecretRef`. The file is read again.',
    ],
    'expected one or two tokens of … to … printable characters, one a line': [
      'The file is empty, or has a line that is no token, or more than two lines.',
      'Use 32 random characters: `openssl rand -hex 16`. The file is read again.',
    ],
  },
}
