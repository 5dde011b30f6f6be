import { describe, expect, it } from 'vitest'
import {
  ALL_RESOURCES,
  formatRoute,
  parseRoute,
  pushSecretHref,
  resourceHref,
  resourcesHref,
  type Route,
  storeHref,
} from './routes.ts'

describe('routes', () => {
  it.each<[string, Route]>([
    ['#/', { page: 'overview', causes: undefined }],
    ['#/?cause=', { page: 'overview', causes: [] }],
    ['#/?cause=0a1b,2c3d', { page: 'overview', causes: ['0a1b', '2c3d'] }],
    ['#/resources', { page: 'resources', query: ALL_RESOURCES }],
    [
      '#/resources?q=shop+db&state=failing%2Cdegraded&namespace=shop&reason=Stale&store=SecretStore+shop%2Fkms&by=pull&sort=-since',
      {
        page: 'resources',
        query: {
          text: 'shop db',
          states: ['failing', 'degraded'],
          namespace: 'shop',
          reason: 'Stale',
          store: 'SecretStore shop/kms',
          createdBy: 'pull',
          sort: 'since',
          isDescending: true,
        },
      },
    ],
    ['#/resources/shop/api', { page: 'resource', namespace: 'shop', name: 'api' }],
    ['#/resources/shop/a%2Fb%3F%23%25', { page: 'resource', namespace: 'shop', name: 'a/b?#%' }],
    ['#/stores?q=kms', { page: 'stores', text: 'kms' }],
    ['#/secretstores/shop/kms', { page: 'store', namespace: 'shop', name: 'kms' }],
    ['#/clustersecretstores/shared', { page: 'store', namespace: '', name: 'shared' }],
    ['#/clusterexternalsecrets', { page: 'clusterExternalSecrets', text: '' }],
    ['#/clusterexternalsecrets/pull', { page: 'clusterExternalSecret', name: 'pull' }],
    ['#/pushsecrets?q=web', { page: 'pushSecrets', text: 'web' }],
    ['#/pushsecrets/shop/web', { page: 'pushSecret', namespace: 'shop', name: 'web' }],
    ['#/access', { page: 'access' }],
  ])('reads and writes %s', (fragment, route) => {
    expect(parseRoute(fragment)).toEqual(route)
    expect(formatRoute(route)).toBe(fragment)
  })

  it.each<[string, Route['page']]>([
    ['', 'overview'],
    ['#', 'overview'],
    ['#/nothing', 'unknown'],
    ['#/resources/shop', 'unknown'],
    ['#/resources/shop/api/more', 'unknown'],
    ['#/resources//', 'unknown'],
    ['#/stores/x', 'unknown'],
    ['#/pushsecrets/shop', 'unknown'],
    ['#main', 'unknown'],
  ])('reads %j as the page %s', (fragment, page) => expect(parseRoute(fragment).page).toBe(page))

  it('ignores unknown states, orders and parameters, and reads malformed escapes as text', () => {
    expect(parseRoute('#/resources?state=great,failing&sort=-__proto__&x=1')).toEqual({
      page: 'resources',
      query: { ...ALL_RESOURCES, states: ['failing'] },
    })
    expect(parseRoute('#/resources/shop/%E0%A4%A')).toEqual({ page: 'resource', namespace: 'shop', name: '%E0%A4%A' })
  })

  it('makes the address of an object from its key', () => {
    expect(resourceHref('shop/api')).toBe('#/resources/shop/api')
    expect(storeHref('SecretStore shop/kms')).toBe('#/secretstores/shop/kms')
    expect(pushSecretHref('PushSecret shop/web')).toBe('#/pushsecrets/shop/web')
    expect(storeHref('ClusterSecretStore shared')).toBe('#/clustersecretstores/shared')
    expect(resourcesHref({ store: 'SecretStore shop/kms' })).toBe('#/resources?store=SecretStore+shop%2Fkms')
  })
})
