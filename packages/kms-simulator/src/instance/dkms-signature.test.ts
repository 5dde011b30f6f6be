import { createPublicKey } from 'node:crypto'
import { expect, it } from 'vitest'
import { dkmsClaim, isSignedBy } from './dkms-signature.ts'

/** Public key of the client key in the unit tests of the official DKMS SDK for Java. */
const PUBLIC_KEY = createPublicKey({
  format: 'der',
  type: 'spki',
  key: Buffer.from(
    'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA8+y5umKsrygQj7t+otTRV6uMVKhe24StQWYjphk/NWGAsDGKVQaocOfgDSunHYMNexea' +
      'N3A/iS7lWDISjKqN0fOTn3GSMrl6wvkn/1u/T+kzebrI9kk+3/Yxbxjz35glpAjT0sNVZYfFcEtGO1uXVKe7nZjApaK3wNz1KIokJ9Q7z5tC7VCB' +
      'hfqZ/M8jE1p2KAH06tvzC+lNlrD9Yd/NHZ0FdrkZfTtSz7q+h0w7QHhn3I85DMAGtTdtdY2IcAKJIxXfuD3PC4ZvyHehA/f/oqP5v6V3CC6jBgmX' +
      'ZEAOaUr2zIgcpD4NBDGlXqMzLiBMXwY1v8Onz9D8N+83ulWj3QIDAQAB',
    'base64',
  ),
})

/** A message that the SDK signs with it. */
const SIGNATURE =
  'gia93Kq9S1QbTOpj6z/YdZQaw7gWYB6f+j0HIKF195S5whEOgSb0cpdgw3rsW+svq0a+uxiZAW3mND6KccxMryU5rQwJGbQk5KIrmlOgkccdX29fE3Uq' +
  'mxr7bq1BcAxRzFlz8H5iKWQ8J+AJURGj2Lz3k621+W3M+Pcdjy4UvW5RN/IIVJz61UObitV9RSY/J/KiK3azchSC+KANVNybhM3+7O9oDiL7WRC+ISQo' +
  'Q5sFpM5nOtrPokBcMHJpRtge1sd+97nZQvUfk3a0dlA31rYjAL8qsE+aqHz7u8p0fMClw9CbkYiDyGEr86pcV4fBzDsCjdgTj2GP/RnysHz2sg=='

const REQUEST = {
  method: 'POST',
  url: '/',
  body: Buffer.from('0a066170702f6462120a41435343757272656e742001', 'hex'),
  headers: {
    accept: 'application/x-protobuf',
    host: 'kst-demo.cryptoservice.kms.aliyuncs.com',
    date: 'Fri, 02 Jan 2026 03:04:05 GMT',
    'x-kms-apiversion': 'dkms-gcs-0.2',
    'x-kms-apiname': 'GetSecretValue',
    'x-kms-signaturemethod': 'RSA_PKCS1_SHA_256',
    'x-kms-acccesskeyid': 'key_for_unit_test',
    'content-type': 'application/x-protobuf',
    'content-sha256': 'B9CB50FA4B4B6DEE1F5B14473CFA41221D7EB0E1948C14141683FBC84AB42AC1',
    authorization: `Bearer ${SIGNATURE}`,
  },
}

function isValid(headers: Record<string, string> = {}): boolean {
  const claim = dkmsClaim({ ...REQUEST, headers: { ...REQUEST.headers, ...headers } })
  return isSignedBy(claim, { publicKey: PUBLIC_KEY })
}

it('verifies the signature of the official SDK', () => {
  expect(isValid()).toBe(true)
  expect(dkmsClaim(REQUEST).dateMs).toBe(Date.UTC(2026, 0, 2, 3, 4, 5))
})

it.each([
  ['x-kms-apiname', 'Decrypt'],
  ['x-kms-apiversion', 'dkms-gcs-0.3'],
  ['x-kms-acccesskeyid', 'another'],
  ['x-kms-extra', '1'],
  ['date', 'Fri, 02 Jan 2026 03:04:06 GMT'],
  ['content-type', 'application/json'],
  ['authorization', `Bearer ${SIGNATURE.replace('gia', 'hia')}`],
  ['authorization', 'Bearer AAAA'],
])('covers %s', (header, value) => {
  expect(isValid({ [header]: value })).toBe(false)
})

it.each([
  ['x-kms-acccesskeyid', '', 'MissingParameter'],
  ['date', '2026-01-02T03:04:05Z', 'InvalidParam'],
  ['date', 'Fri, 99 Jan 2026 03:04:05 GMT', 'InvalidParam'],
  ['x-kms-signaturemethod', 'RSA_PSS_SHA_256', 'InvalidParam'],
  ['content-sha256', REQUEST.headers['content-sha256'].toLowerCase(), 'InvalidParam'],
  ['content-sha256', '', 'InvalidParam'],
  ['authorization', SIGNATURE, 'InvalidParam'],
  ['authorization', 'Bearer not base64!', 'InvalidParam'],
])('refuses %s: %s', (header, value, code) => {
  expect(() => isValid({ [header]: value })).toThrow(expect.objectContaining({ status: 400, code }))
})
