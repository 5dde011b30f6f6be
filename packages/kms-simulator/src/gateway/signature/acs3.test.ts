import { describe, expect, it } from 'vitest'
import { canonicalQuery } from '../percent-encode.ts'
import { acs3CanonicalRequest, acs3Signature, acs3StringToSign, sha256Hex } from './acs3.ts'

const SECRET = 'YourAccessKeySecret'

function sign(options: { query: Record<string, string>; body: string; headers: Record<string, string> }): {
  canonical: string
  signature: string
} {
  const headers = { ...options.headers, 'x-acs-content-sha256': sha256Hex(options.body) }
  const canonical = acs3CanonicalRequest({
    method: 'POST',
    path: '/',
    query: new Map(Object.entries(options.query)),
    headers,
    signedHeaders: Object.keys(headers),
    bodySha256: sha256Hex(options.body),
  })
  return { canonical, signature: acs3Signature(SECRET, acs3StringToSign(canonical)) }
}

const KMS_HEADERS = {
  host: 'kms.cn-hangzhou.aliyuncs.com',
  'x-acs-version': '2016-01-20',
  'x-acs-date': '2026-01-02T03:04:05Z',
  'x-acs-signature-nonce': '0123456789abcdef0123456789abcdef',
  'x-acs-credentials-provider': 'static_sts',
  'x-acs-accesskey-id': 'STS.NTexample',
  'x-acs-security-token': 'CAISexample+/==',
}

describe('ACS3-HMAC-SHA256', () => {
  it('computes the signature of the example in the API reference', () => {
    const { canonical, signature } = sign({
      query: { ImageId: 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd', RegionId: 'cn-shanghai' },
      body: '',
      headers: {
        host: 'ecs.cn-shanghai.aliyuncs.com',
        'x-acs-action': 'RunInstances',
        'x-acs-version': '2014-05-26',
        'x-acs-date': '2023-10-26T10:22:32Z',
        'x-acs-signature-nonce': '3156853299f313e23d1673dc12e1703d',
      },
    })
    expect(sha256Hex(canonical)).toBe('7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259')
    expect(signature).toBe('06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0')
  })

  it('encodes any query', () => {
    const query = { SecretName: "app/db (x)*'!~ 中", VersionStage: 'ACSCurrent' }
    const { signature } = sign({ query, body: '', headers: { ...KMS_HEADERS, 'x-acs-action': 'GetSecretValue' } })
    expect(canonicalQuery(new Map(Object.entries(query)))).toBe(
      'SecretName=app%2Fdb%20%28x%29%2A%27%21~%20%E4%B8%AD&VersionStage=ACSCurrent',
    )
    expect(signature).toBe('6feb6b1d5709bccc90f3ef327aa59ce3d9be5eb9d7888491fe1bc3ed74f84b5d')
  })

  it('covers a form body by its hash', () => {
    const body = 'SecretName=app%2Fdb&SecretData=a%20b%2Bc'
    const { signature } = sign({
      query: {},
      body,
      headers: {
        ...KMS_HEADERS,
        'x-acs-action': 'PutSecretValue',
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    expect(sha256Hex(body)).toBe('64922cee4b5140162b7650462f1dfb84557fdaa0cbfa2d4ac1dae217a59b67f0')
    expect(signature).toBe('0b464bdc06eaa9307c7e1d0009d8e480c2051c7bb5e0a3586e2de8b2aefacda6')
  })
})
