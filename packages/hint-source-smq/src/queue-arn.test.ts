import { expect, it } from 'vitest'
import { defaultSmqEndpoint, parseQueueArn } from './queue-arn.ts'

const QUEUE = { region: 'cn-hangzhou', account: '1234567890123456', name: 'acksm-hints' }

it.each([
  'acs:mns:cn-hangzhou:1234567890123456:/queues/acksm-hints',
  'acs:mns:cn-hangzhou:1234567890123456:queues/acksm-hints',
])('parses %s', (text) => expect(parseQueueArn(text)).toEqual(QUEUE))

it.each([
  '',
  'acksm-hints',
  'acs:mns:cn-hangzhou:x:/queues/a',
  'acs:mns:cn-hangzhou:1:/queues/a/messages',
  'acs:mns:cn-hangzhou:1:/queues/../a',
  'acs:mns::1:/queues/a',
])('refuses %j, naming the option', (text) =>
  expect(() => parseQueueArn(text, '--hint-queue')).toThrow(/--hint-queue|region: expected/),
)

it('has an endpoint for each account, region and network', () => {
  expect([defaultSmqEndpoint(QUEUE), defaultSmqEndpoint(QUEUE, 'public')]).toEqual([
    '1234567890123456.mns.cn-hangzhou-internal.aliyuncs.com',
    '1234567890123456.mns.cn-hangzhou.aliyuncs.com',
  ])
})
