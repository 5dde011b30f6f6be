import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { RequestSigner } from '@ack-secret-manager/core'
import { encodeFields } from './protobuf.ts'
import { signedHeaders, stringToSign } from './signed-request.ts'

/**
 * A request signed by the official Java SDK with the key of its own tests (aliyun/alibabacloud-dkms-gcs-java-sdk), and
 * the public half of that key.
 */
const VECTOR = {
  publicKey:
    'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA8+y5umKsrygQj7t+otTRV6uMVKhe24StQWYjphk/NWGAsDGKVQaocOfgDSunHYMNexeaN3A/iS7lWDISjKqN0fOTn3GSMrl6wvkn/1u/T+kzebrI9kk+3/Yxbxjz35glpAjT0sNVZYfFcEtGO1uXVKe7nZjApaK3wNz1KIokJ9Q7z5tC7VCBhfqZ/M8jE1p2KAH06tvzC+lNlrD9Yd/NHZ0FdrkZfTtSz7q+h0w7QHhn3I85DMAGtTdtdY2IcAKJIxXfuD3PC4ZvyHehA/f/oqP5v6V3CC6jBgmXZEAOaUr2zIgcpD4NBDGlXqMzLiBMXwY1v8Onz9D8N+83ulWj3QIDAQAB',
  keyId: 'key_for_unit_test',
  nowMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  signature:
    'gia93Kq9S1QbTOpj6z/YdZQaw7gWYB6f+j0HIKF195S5whEOgSb0cpdgw3rsW+svq0a+uxiZAW3mND6KccxMryU5rQwJGbQk5KIrmlOgkccdX29fE3Uqmxr7bq1BcAxRzFlz8H5iKWQ8J+AJURGj2Lz3k621+W3M+Pcdjy4UvW5RN/IIVJz61UObitV9RSY/J/KiK3azchSC+KANVNybhM3+7O9oDiL7WRC+ISQoQ5sFpM5nOtrPokBcMHJpRtge1sd+97nZQvUfk3a0dlA31rYjAL8qsE+aqHz7u8p0fMClw9CbkYiDyGEr86pcV4fBzDsCjdgTj2GP/RnysHz2sg==',
}
const BODY = encodeFields([
  [1, 'app/db'],
  [2, 'ACSCurrent'],
  [4, true],
])

function signerWith(signature: Uint8Array, signed: string[] = []): RequestSigner {
  const identity = { kind: 'aap', fingerprint: 'f', description: 'client key', account: VECTOR.keyId }
  return {
    keyId: VECTOR.keyId,
    identity,
    sign(bytes) {
      signed.push(new TextDecoder().decode(bytes))
      return signature
    },
  }
}

describe('a signed request', () => {
  it('equals that of the official SDK byte by byte', () => {
    expect(Buffer.from(BODY).toString('hex')).toBe('0a066170702f6462120a41435343757272656e742001')
    const signed: string[] = []
    const signature = Buffer.from(VECTOR.signature, 'base64')
    const headers = signedHeaders(BODY, signerWith(signature, signed), {
      apiName: 'GetSecretValue',
      nowMs: VECTOR.nowMs,
    })
    expect(signed).toEqual([
      [
        'POST',
        'B9CB50FA4B4B6DEE1F5B14473CFA41221D7EB0E1948C14141683FBC84AB42AC1',
        'application/x-protobuf',
        'Fri, 02 Jan 2026 03:04:05 GMT',
        'x-kms-acccesskeyid:key_for_unit_test',
        'x-kms-apiname:GetSecretValue',
        'x-kms-apiversion:dkms-gcs-0.2',
        'x-kms-signaturemethod:RSA_PKCS1_SHA_256',
        '/',
      ].join('\n'),
    ])
    const publicKey = createPublicKey({ key: Buffer.from(VECTOR.publicKey, 'base64'), format: 'der', type: 'spki' })
    expect(verify('sha256', Buffer.from(signed.join('')), publicKey, signature)).toBe(true)
    expect(headers).toMatchObject({
      authorization: `Bearer ${VECTOR.signature}`,
      accept: 'application/x-protobuf',
    })
  })

  it('is verified by the public key, for any body', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    const signer: RequestSigner = {
      ...signerWith(new Uint8Array()),
      sign: (bytes) => sign('sha256', bytes, privateKey),
    }
    const headers = signedHeaders(new Uint8Array(), signer, { apiName: 'GetSecretValue', nowMs: 0 })
    const text = stringToSign({ method: 'POST', path: '/', headers })
    const signature = Buffer.from(headers['authorization']?.slice('Bearer '.length) ?? '', 'base64')
    expect(verify('sha256', Buffer.from(text), publicKey, signature)).toBe(true)
    expect(text).toContain('\nThu, 01 Jan 1970 00:00:00 GMT\n')
  })
})
