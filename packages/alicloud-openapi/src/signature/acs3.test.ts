import { assert, dictionary, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acs3Authorization, canonicalRequest, sha256Hex } from './acs3.ts'
import { canonicalQuery, formEncode, percentEncode } from '../internal/form-encode.ts'

const SECRET = 'YourAccessKeySecret'
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

const query = (params: Record<string, string>): string => canonicalQuery(new Map(Object.entries(params)))

const KMS_HEADERS = {
  host: 'kms.cn-hangzhou.aliyuncs.com',
  accept: 'application/json',
  'user-agent': 'not signed',
  'x-acs-version': '2016-01-20',
  'x-acs-date': '2026-01-02T03:04:05Z',
  'x-acs-signature-nonce': '0123456789abcdef0123456789abcdef',
  'x-acs-credentials-provider': 'static_sts',
  'x-acs-accesskey-id': 'STS.NTexample',
  'x-acs-security-token': 'CAISexample+/==',
}

describe('ACS3-HMAC-SHA256', () => {
  it("gives the canonical request and signature of the API reference's own example", () => {
    const request = {
      method: 'POST',
      path: '/',
      canonicalQuery: query({
        RegionId: 'cn-shanghai',
        ImageId: 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd',
      }),
      headers: {
        'x-acs-version': '2014-05-26',
        'x-acs-signature-nonce': '3156853299f313e23d1673dc12e1703d',
        host: 'ecs.cn-shanghai.aliyuncs.com',
        'x-acs-action': 'RunInstances',
        'x-acs-date': '2023-10-26T10:22:32Z',
        'x-acs-content-sha256': EMPTY,
      },
      bodySha256: sha256Hex(''),
    }
    expect(sha256Hex(canonicalRequest(request))).toBe(
      '7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259',
    )
    expect(acs3Authorization(request, 'YourAccessKeyId', SECRET)).toBe(
      'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;' +
        'x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
    )
  })

  it('encodes every query and covers the token of a temporary key', () => {
    const canonical = query({ VersionStage: 'ACSCurrent', SecretName: "app/db (x)*'!~ 中" })
    expect(canonical).toBe('SecretName=app%2Fdb%20%28x%29%2A%27%21~%20%E4%B8%AD&VersionStage=ACSCurrent')
    const headers = { ...KMS_HEADERS, 'x-acs-action': 'GetSecretValue', 'x-acs-content-sha256': EMPTY }
    const request = { method: 'POST', path: '/', canonicalQuery: canonical, headers, bodySha256: EMPTY }
    expect(acs3Authorization(request, 'STS.NTexample', SECRET)).toMatch(
      /,Signature=6feb6b1d5709bccc90f3ef327aa59ce3d9be5eb9d7888491fe1bc3ed74f84b5d$/,
    )
  })

  it('covers a form body by its hash and its content type', () => {
    const bodySha256 = sha256Hex(formEncode(Object.entries({ SecretName: 'app/db', SecretData: 'a b+c' })))
    expect(bodySha256).toBe('64922cee4b5140162b7650462f1dfb84557fdaa0cbfa2d4ac1dae217a59b67f0')
    const headers = {
      ...KMS_HEADERS,
      'content-type': 'application/x-www-form-urlencoded',
      'x-acs-action': 'PutSecretValue',
      'x-acs-content-sha256': bodySha256,
    }
    const request = { method: 'POST', path: '/', canonicalQuery: '', headers, bodySha256 }
    const authorization = acs3Authorization(request, 'STS.NTexample', SECRET)
    expect(authorization).toContain(',SignedHeaders=content-type;host;x-acs-accesskey-id;')
    expect(authorization).toMatch(/,Signature=0b464bdc06eaa9307c7e1d0009d8e480c2051c7bb5e0a3586e2de8b2aefacda6$/)
  })
})

describe('canonicalQuery', () => {
  it('is parsed back by a form parser for any content', () => {
    assert(
      property(dictionary(string({ unit: 'grapheme' }), string({ unit: 'grapheme' })), (params) => {
        const encoded = query(params)
        expect(encoded).toMatch(/^[A-Za-z0-9%&=._~-]*$/)
        expect(Object.fromEntries(new URLSearchParams(encoded))).toEqual({ ...params })
      }),
    )
  })

  it('keeps an empty value, and sorts by code unit', () => {
    expect(query({ b: '', a: '1', B: '2' })).toBe('B=2&a=1&b=')
    expect(percentEncode('\u{1F600}')).toBe('%F0%9F%98%80')
    expect(percentEncode('a\ud800b')).toBe('a%EF%BF%BDb')
  })
})
