import { expect, it } from 'vitest'
import { connectionAction } from './connection-action.ts'

const KMS = 'kms.cn-hangzhou.aliyuncs.com'
const VPC = 'kms-vpc.cn-hangzhou.aliyuncs.com'

it.each([
  ['ENOTFOUND', KMS, undefined, 'Correct the endpoint or region; if they are right, check the DNS'],
  ['ENOTFOUND', VPC, undefined, '--network public'],
  [undefined, VPC, undefined, '--network public'],
  [undefined, KMS, undefined, 'Allow HTTPS from this machine to kms.cn-hangzhou.aliyuncs.com'],
  ['ETIMEDOUT', KMS, 'proxy.example:3128', 'Check the proxy proxy.example:3128'],
  ['ECONNREFUSED', '127.0.0.1:1', undefined, 'nothing listens at 127.0.0.1:1'],
  ['PROXY_407', KMS, 'proxy.example:3128', 'Correct user and password in HTTPS_PROXY'],
  ['PROXY_403', KMS, 'proxy.example:3128', 'Let the proxy proxy.example:3128 connect to kms.cn-hangzhou.aliyuncs.com'],
  ['PROXY_ECONNREFUSED', VPC, 'proxy.example:3128', 'Correct HTTPS_PROXY'],
  ['PROXY_TIMEOUT', KMS, 'proxy.example:3128', 'reach the proxy proxy.example:3128'],
  ['ECONNRESET', KMS, undefined, 'Allow HTTPS'],
  ['SELF_SIGNED_CERT_IN_CHAIN', VPC, 'proxy.example:3128', 'NODE_EXTRA_CA_CERTS'],
  ['CERT_HAS_EXPIRED', KMS, undefined, 'Set the clock'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', KMS, undefined, 'Correct the endpoint, or the hosts entry'],
])('%s at %s through %s', (systemCode, endpoint, proxy, expected) => {
  expect(connectionAction({ systemCode, endpoint, proxy })).toContain(expected)
})
