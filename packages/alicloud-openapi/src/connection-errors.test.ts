import { expect, it } from 'vitest'
import { classifyConnectionError } from './connection-errors.ts'

const HINTS = { untrusted: 'give the CA', unresolved: 'check the id', unreachable: 'bind the VPC' }

const VPC = { endpoint: 'kms-vpc.cn-beijing.aliyuncs.com' }

it.each([
  ['ECONNREFUSED', {}, 'Unavailable', 'nothing listens there: check the endpoint and its port (ECONNREFUSED)'],
  ['ENETUNREACH', {}, 'Unavailable', 'there is no network route to it (ENETUNREACH)'],
  ['ENETUNREACH', HINTS, 'Unavailable', 'there is no network route to it: bind the VPC (ENETUNREACH)'],
  ['ENOTFOUND', HINTS, 'Unavailable', 'its name does not resolve: check the id (ENOTFOUND)'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', HINTS, 'Unavailable', 'no TLS session (ERR_SSL_WRONG_VERSION_NUMBER)'],
  ['EWHATEVER', HINTS, 'Unavailable', 'the connection failed (EWHATEVER)'],
  ['ETIMEDOUT', HINTS, 'Timeout', 'the connection timed out (ETIMEDOUT)'],
  ['ENOTFOUND', {}, 'Unavailable', 'its name does not resolve: check the endpoint and region (ENOTFOUND)'],
  [
    'ENOTFOUND',
    { endpoint: 'kms.example' },
    'Unavailable',
    'its name does not resolve: check the endpoint and region (ENOTFOUND)',
  ],
  [
    'ENOTFOUND',
    VPC,
    'Unavailable',
    'its name does not resolve: outside a VPC use kms.cn-beijing.aliyuncs.com (ENOTFOUND)',
  ],
  [
    'ENETUNREACH',
    VPC,
    'Unavailable',
    'there is no network route to it: outside a VPC use kms.cn-beijing.aliyuncs.com (ENETUNREACH)',
  ],
  ['ETIMEDOUT', VPC, 'Timeout', 'the connection timed out (ETIMEDOUT); outside a VPC use kms.cn-beijing.aliyuncs.com'],
  [undefined, HINTS, 'Unavailable', 'the connection failed'],
])('%s, with advice %j', (systemCode, hints, code, hint) =>
  expect(classifyConnectionError(systemCode, hints)).toEqual({ code, hint }),
)

it.each([
  ['CERT_UNTRUSTED', {}, 'its certificate is not trusted: provide its CA (CERT_UNTRUSTED)'],
  ['CERT_UNTRUSTED', HINTS, 'its certificate is not trusted: give the CA (CERT_UNTRUSTED)'],
  ['CERT_HAS_EXPIRED', {}, "its certificate has expired, or this machine's clock is wrong (CERT_HAS_EXPIRED)"],
  ['CERT_NOT_YET_VALID', {}, "its certificate is not valid yet, or this machine's clock is wrong (CERT_NOT_YET_VALID)"],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    {},
    'its certificate is for another name: check the endpoint (ERR_TLS_CERT_ALTNAME_INVALID)',
  ],
])('says that the certificate is rejected: %s, with advice %j', (systemCode, hints, hint) =>
  expect(classifyConnectionError(systemCode, hints)).toEqual({
    code: 'Unavailable',
    hint,
    facts: { certificateRejected: true },
  }),
)
