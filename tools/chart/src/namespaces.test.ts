import type { Manifest } from '@ack-secret-manager/testenv'
import { describe, expect, it } from 'vitest'
import { useHelm } from './programs/use-helm.ts'

const RBAC = { scope: 'Namespaced', restartWorkloads: true }
const KINDS = ['Role', 'RoleBinding']
const ROLES = ['ack-secret-manager', 'ack-secret-manager-restart']

describe('namespaces', () => {
  const helm = useHelm()

  const manifests = (values: object, args: readonly string[] = []): Promise<Manifest[]> =>
    helm.manifests({ release: 'ack-secret-manager', namespace: 'kube-system', values, args })

  /** Values of a flag, however its list is split. */
  function flag(objects: readonly Manifest[], name: string): string[] {
    const deployment = JSON.stringify(objects.find(({ kind }) => kind === 'Deployment'))
    return [...deployment.matchAll(new RegExp(`"--${name}=([^"]*)"`, 'g'))].flatMap(([, value = '']) =>
      value.split(','),
    )
  }

  it.each<[string, object, (readonly string[])?]>([
    ['a list', { command: { watchNamespaces: ['a', 'b'] } }],
    ['names separated by commas', { command: { watchNamespaces: 'a,b' } }],
    ['a comma at the end', { command: { watchNamespaces: 'a, b,' } }],
    ['two commas in a row', { command: { watchNamespaces: 'a,,b' } }],
    ['a duplicate name', { command: { watchNamespaces: ['a', 'b', 'a'] } }],
    ['a list with an empty entry', { command: { watchNamespaces: ['a', '', 'b'] } }],
    ['a list in an entry', { command: { watchNamespaces: ['a,b', 'b'] } }],
    ['lines', { command: { watchNamespaces: 'a,\nb\n' } }],
    ['--set with braces', {}, ['--set', 'command.watchNamespaces={a,b,a}']],
    ['the variable of the Go operator', { env: { WATCH_NAMESPACE: 'a,b' } }],
    ['that variable, with an extra comma and a duplicate name', { env: { WATCH_NAMESPACE: ',a,b,a' } }],
    ['that variable, quoted twice as in the Go operator’s chart', { env: { WATCH_NAMESPACE: '"a,b"' } }],
    [
      'the flag, which overrides that variable',
      { command: { watchNamespaces: ['a', 'b'] }, env: { WATCH_NAMESPACE: 'A_B' } },
    ],
  ])('have a Role each and are watched by the operator: %s', async (_given, values, args) => {
    const objects = await manifests({ rbac: RBAC, ...values }, args)
    const found = objects.filter(({ kind, metadata }) => KINDS.includes(kind) && !metadata.name.endsWith('-own'))
    const expected = ['a', 'b'].flatMap((namespace) =>
      KINDS.flatMap((kind) => ROLES.map((name) => `${kind} ${namespace}/${name}`)),
    )
    expect(found.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`).toSorted()).toEqual(
      expected.toSorted(),
    )
    expect(flag(objects, 'watch-namespaces')).toEqual(['a', 'b'])
  })

  it('keep their names, even if these are special in YAML', async () => {
    const objects = await manifests({ rbac: RBAC, command: { watchNamespaces: ['null', '7'] } })
    const roles = objects.filter(({ kind, metadata }) => kind === 'Role' && metadata.name === ROLES[0])
    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(['null', '7'])
  })

  it.each<[string, object]>([
    ['nothing', {}],
    ['an empty list', { command: { watchNamespaces: [] } }],
    ['empty text, quoted twice', { env: { WATCH_NAMESPACE: '""' } }],
  ])('are all namespaces with %s', async (_given, values) => {
    expect(flag(await manifests(values), 'watch-namespaces')).toEqual([])
  })

  it('are excluded as given, once', async () => {
    const objects = await manifests({ command: { excludeNamespaces: 'a,,b,a' } })
    expect(flag(objects, 'exclude-namespaces')).toEqual(['a', 'b'])
  })

  it.each<[string, object, RegExp]>([
    [
      'an empty entry',
      { command: { watchNamespaces: ',' } },
      /command\.watchNamespaces contains no namespace: leave it empty, or set at least one/,
    ],
    [
      'no namespace with rbac.scope Namespaced',
      { rbac: RBAC, command: { watchNamespaces: ' , ' } },
      /command\.watchNamespaces contains no namespace/,
    ],
    ['no namespace in the variable', { env: { WATCH_NAMESPACE: ',' } }, /env\.WATCH_NAMESPACE contains no namespace/],
    [
      'no namespace to exclude',
      { command: { excludeNamespaces: [','] } },
      /command\.excludeNamespaces contains no namespace/,
    ],
    [
      'an invalid name',
      { command: { watchNamespaces: 'A_B' } },
      /command\/watchNamespaces': value must be 'at most 64 names of namespaces \(a-z, 0-9 and -\)/,
    ],
    [
      'an invalid name in a list',
      { command: { watchNamespaces: ['a', 'A_B'] } },
      /command\/watchNamespaces': value must be/,
    ],
    ['an invalid excluded name', { command: { excludeNamespaces: 'a/b' } }, /command\/excludeNamespaces/],
    [
      'an invalid name in the variable',
      { env: { WATCH_NAMESPACE: 'a,A_B' } },
      /env\.WATCH_NAMESPACE: "A_B" is not a valid namespace name/,
    ],
    [
      'more than the operator watches',
      { env: { WATCH_NAMESPACE: Array.from({ length: 65 }, (_, index) => `n${index}`).join(',') } },
      /env\.WATCH_NAMESPACE: 65 namespaces, but the operator accepts at most 64/,
    ],
    [
      'a namespace that is also excluded',
      { command: { watchNamespaces: 'a,b', excludeNamespaces: ['b'] } },
      /command\.excludeNamespaces: b is also in the watched namespaces; remove it from one of them/,
    ],
  ])('are refused: %s', async (_given, values, message) => {
    await expect(manifests(values)).rejects.toThrow(message)
  })
})
