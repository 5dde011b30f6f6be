import { Sensitive } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { mnsHeaders } from './mns-signature.ts'

const credential = { accessKeyId: 'LTAI5tDemo', accessKeySecret: new Sensitive('YourAccessKeySecret') }
const resource = '/queues/acksm-hints/messages?numOfMessages=16&waitseconds=30'
const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)

it('signs a request without a body', () => {
  expect(mnsHeaders({ method: 'GET', resource }, credential, nowMs)).toEqual({
    date: 'Fri, 02 Jan 2026 03:04:05 GMT',
    'x-mns-version': '2015-06-06',
    authorization: 'MNS LTAI5tDemo:8OyN/2Yq624e0p2DGchdFdn4nyQ=',
  })
})

it('signs the digest and the type of a body, and sends the token of a session', () => {
  const session = { ...credential, securityToken: new Sensitive('CAIS') }
  expect(mnsHeaders({ method: 'GET', resource, body: '' }, session, nowMs)).toMatchObject({
    'content-md5': 'ZDQxZDhjZDk4ZjAwYjIwNGU5ODAwOTk4ZWNmODQyN2U=',
    'content-type': 'application/xml',
    'security-token': 'CAIS',
    authorization: 'MNS LTAI5tDemo:c4hSjY2TesHpaLjWaph4AIr/Jx4=',
  })
})
