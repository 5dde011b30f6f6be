import { expect, it } from 'vitest'
import { rpcV1Signature, rpcV1StringToSign } from './rpc-v1.ts'

it('signs as the old SDKs do', () => {
  const params = new Map([
    ['Action', 'GetSecretValue'],
    ['Format', 'json'],
    ['Timestamp', '2026-01-02T03:04:05Z'],
    ['Version', '2016-01-20'],
    ['SignatureNonce', '0123456789abcdef0123456789abcdef'],
    ['SecretName', 'app/db'],
    ['SecurityToken', 'CAISexample+/=='],
    ['SignatureMethod', 'HMAC-SHA1'],
    ['SignatureVersion', '1.0'],
    ['AccessKeyId', 'STS.NTexample'],
    ['Signature', 'takes no part'],
  ])
  expect(rpcV1Signature('YourAccessKeySecret', rpcV1StringToSign('POST', params))).toBe('LzAyC0AlD4Tjc/L8ia771vbv9g4=')
})
