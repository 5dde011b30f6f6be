import { expect, it } from 'vitest'
import { hostOf, refusalOf } from './request-guard.ts'

const POST = {
  method: 'POST',
  isApi: true,
  fetchSite: 'same-origin',
  fetchDest: 'empty',
  contentType: 'application/json',
}

it.each([
  [8_080, '127.0.0.1:8080'],
  // A browser leaves it out in `Host` and in `Origin`.
  [80, '127.0.0.1'],
  [443, '127.0.0.1:443'],
])('serves what a browser sends for port %i', (port, host) => {
  expect(hostOf('127.0.0.1', port)).toBe(host)
  expect(refusalOf({ ...POST, host, origin: `http://${host}` }, hostOf('127.0.0.1', port))).toBeUndefined()
})

it.each([
  ['cross-site', false, undefined],
  ['cross-site', true, 403],
  ['same-site', true, 403],
  ['none', true, 403],
  [undefined, true, undefined],
])('decides about Sec-Fetch-Site %s (API: %s)', (fetchSite, isApi, status) => {
  const request = { ...POST, method: 'GET', isApi, host: 'h', origin: undefined, fetchSite }
  expect(refusalOf(request, 'h')?.status).toBe(status)
})
