import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { describe, expect, it } from 'vitest'
import { proxyOfEndpoint, proxyRoutesOf } from './proxy-routes.ts'

const decoded = (text: string | undefined): string | undefined =>
  text && Buffer.from(text.replace(/^Basic /, ''), 'base64').toString()

describe('proxyRoutesOf', () => {
  it.each([
    ['http://proxy.example:3128', { host: 'proxy.example', port: 3128, tls: false }, undefined],
    ['proxy.example:3128', { host: 'proxy.example', port: 3128, tls: false }, undefined],
    ['http://proxy.example', { host: 'proxy.example', port: 80, tls: false }, undefined],
    ['https://proxy.example/', { host: 'proxy.example', port: 443, tls: true }, undefined],
    ['http://[fd00::1]:3128', { host: 'fd00::1', port: 3128, tls: false }, undefined],
    ['http://me:p%40ss%3A@proxy.example:1', { host: 'proxy.example', port: 1, tls: false }, 'me:p@ss:'],
    ['me@proxy.example:1', { host: 'proxy.example', port: 1, tls: false }, 'me:'],
  ])('reads %s', (text, server, user) => {
    const { authorization, ...rest } = proxyRoutesOf({ HTTPS_PROXY: text })?.proxyFor('kms.example', 443) ?? {}
    expect([rest, decoded(authorization?.expose())]).toEqual([server, user])
  })

  it.each([['socks5://canary-user:canary-1@proxy:1080'], ['http://me:canary%1@proxy'], ['http://'], ['ftp://proxy']])(
    'refuses %s without its value',
    async (text) => {
      const error = await failureOf(Promise.resolve({ https_proxy: text }).then(proxyRoutesOf))
      expect(error).toMatchObject({ code: 'InvalidSpec', facts: { field: 'https_proxy' } })
      expect(error.message).toMatch(/^https_proxy: expected http:\/\//)
      expect(error.message).not.toMatch(/canary|socks|ftp/)
    },
  )

  it.each([
    [{}, undefined],
    [{ HTTPS_PROXY: ' ' }, undefined],
    [{ HTTP_PROXY: 'a:1' }, undefined],
    [{ HTTPS_PROXY: 'a:1', https_proxy: 'b:2' }, 'b'],
    [{ HTTPS_PROXY: 'a:1', https_proxy: '' }, 'a'],
    [{ HTTPS_PROXY: 'a:1', NO_PROXY: '.aliyuncs.com' }, undefined],
    [{ HTTPS_PROXY: 'a:1', NO_PROXY: '.aliyuncs.com', no_proxy: 'other' }, 'a'],
  ])('with %j goes through %s', (env, host) => {
    expect(proxyOfEndpoint(proxyRoutesOf(env), 'kms.cn-hangzhou.aliyuncs.com')?.host).toBe(host)
  })

  it('compares the port of an endpoint', () => {
    const routes = proxyRoutesOf({ HTTPS_PROXY: 'a:1', NO_PROXY: 'kms.example:8443' })
    expect(proxyOfEndpoint(routes, 'kms.example:8443')).toBeUndefined()
    expect(proxyOfEndpoint(routes, 'kms.example')?.host).toBe('a')
  })
})
