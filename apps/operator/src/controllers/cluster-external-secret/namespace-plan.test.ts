import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withAppliedKeys } from './applied-metadata.ts'
import { type NamespacePlan, type NamespaceView, planNamespace, type DesiredExternalSecret } from './namespace-plan.ts'
import type { CachedExternalSecret } from './cached-external-secret.ts'

const externalSecret: DesiredExternalSecret = {
  name: 'web',
  ownerUid: 'us',
  specDigest: 'now',
  isRetained: false,
  ...withAppliedKeys({ labels: { team: 'a' }, annotations: {} }),
}

function cached(change: Partial<CachedExternalSecret> = {}): CachedExternalSecret {
  const { specDigest, labels, annotations } = externalSecret
  return {
    name: 'web',
    ownerUid: 'us',
    createdHere: true,
    ownerText: 'ClusterExternalSecret web owns it',
    terminating: false,
    retention: 'unset',
    content: { specDigest, labels, annotations },
    ...change,
  }
}

const foreign = (name = 'web'): CachedExternalSecret =>
  cached({ name, ownerUid: undefined, ownerText: 'it has no owner', content: undefined })
const outdated = cached({ content: { ...externalSecret, specDigest: 'before' } })
const relabelled = (labels: Record<string, string>): CachedExternalSecret =>
  cached({ content: { ...externalSecret, labels } })

const view = (change: Partial<NamespaceView> = {}): NamespaceView => ({
  selected: true,
  keepsUnselected: false,
  terminating: false,
  cached: [],
  ...change,
})
const none = (provisioned: boolean): NamespacePlan => ({ step: { kind: 'none' }, provisioned })

describe('a namespace that is selected', () => {
  it.each<[string, readonly CachedExternalSecret[], NamespacePlan]>([
    ['gets an ExternalSecret', [], { step: { kind: 'create' }, provisioned: false }],
    ['is unchanged if it is up to date', [cached()], none(true)],
    ['gets a new spec', [outdated], { step: { kind: 'update' }, provisioned: true }],
    ['gets a removed label back', [relabelled({})], { step: { kind: 'update' }, provisioned: true }],
    ['gets a changed label back', [relabelled({ team: 'b' })], { step: { kind: 'update' }, provisioned: true }],
    ['keeps labels of other writers', [relabelled({ team: 'a', theirs: 'x' })], none(true)],
    [
      'waits until the terminating ExternalSecret of that name is deleted',
      [cached({ terminating: true })],
      { step: { kind: 'wait', reason: 'ExternalSecret web is being deleted' }, provisioned: false },
    ],
    [
      'creates the new one first after a rename',
      [cached({ name: 'old' })],
      { step: { kind: 'create' }, provisioned: false },
    ],
    [
      'then deletes the old one',
      [cached(), cached({ name: 'old' })],
      { step: { kind: 'delete', name: 'old' }, provisioned: true },
    ],
    [
      'updates the new one before that',
      [outdated, cached({ name: 'old' })],
      { step: { kind: 'update' }, provisioned: true },
    ],
    [
      'keeps an object without the annotation, which may be a copy',
      [cached(), cached({ name: 'old', createdHere: false })],
      none(true),
    ],
    [
      'adds the annotation to an object of the Go operator',
      [cached({ createdHere: false })],
      { step: { kind: 'update' }, provisioned: true },
    ],
    ['does not delete twice', [cached(), cached({ name: 'old', terminating: true })], none(true)],
  ])('%s', (_rule, all, plan) => expect(planNamespace(externalSecret, view({ cached: all }))).toEqual(plan))

  it.each<[string, CachedExternalSecret, string]>([
    ['without an owner', foreign(), 'it has no owner'],
    [
      'of another ClusterExternalSecret',
      cached({ ownerUid: 'them', ownerText: 'ClusterExternalSecret other owns it' }),
      'ClusterExternalSecret other owns it',
    ],
    ['that is being deleted', { ...foreign(), terminating: true }, 'it has no owner'],
  ])('never takes over %s, and names the owner', (_whose, one, ownerText) => {
    const { step, provisioned } = planNamespace(externalSecret, view({ cached: [one] }))
    expect(step).toEqual({
      kind: 'refuse',
      reason: expect.stringContaining(`by this ClusterExternalSecret: ${ownerText};`),
    })
    expect(provisioned).toBe(false)
  })

  it('keeps the old one while the new name belongs to another owner', () => {
    const plan = planNamespace(externalSecret, view({ cached: [foreign(), cached({ name: 'old' })] }))
    expect(plan.step.kind).toBe('refuse')
  })
})

describe('a namespace that is not selected', () => {
  it.each<[string, Partial<NamespaceView>, NamespacePlan]>([
    ['gets nothing', {}, none(false)],
    ['loses its ExternalSecret', { cached: [cached()] }, { step: { kind: 'delete', name: 'web' }, provisioned: false }],
    ['keeps an ExternalSecret of another owner', { cached: [foreign()] }, none(false)],
    [
      'keeps its ExternalSecret while a selector is invalid',
      { cached: [cached()], keepsUnselected: true },
      none(false),
    ],
  ])('%s', (_rule, change, plan) =>
    expect(planNamespace(externalSecret, view({ ...change, selected: false }))).toEqual(plan),
  )
})

describe('with Retain, an ExternalSecret that is no longer needed', () => {
  const retained: DesiredExternalSecret = { ...externalSecret, isRetained: true }

  it.each<[string, CachedExternalSecret['retention'], NamespacePlan['step']]>([
    ['gets Retain first', 'unset', { kind: 'retain', name: 'old' }],
    [
      'waits until its Secret has it, too',
      'pending',
      { kind: 'wait', reason: expect.stringContaining('ExternalSecret old is deleted once') },
    ],
    ['is then deleted', 'recorded', { kind: 'delete', name: 'old' }],
  ])('%s', (_rule, retention, step) => {
    const old = cached({ name: 'old', retention })
    expect(planNamespace(retained, view({ selected: false, cached: [old] }))).toEqual({ step, provisioned: false })
    expect(planNamespace(retained, view({ cached: [cached(), old] }))).toEqual({ step, provisioned: true })
  })

  it('keeps its own Retain after the spec has Delete again', () => {
    const plan = planNamespace(externalSecret, view({ selected: false, cached: [cached({ retention: 'pending' })] }))
    expect(plan.step).toEqual({ kind: 'delete', name: 'web' })
  })
})

it.each([true, false])('changes nothing in a namespace that is being deleted (selected: %s)', (selected) => {
  for (const all of [[], [outdated], [foreign()]]) {
    expect(planNamespace(externalSecret, view({ selected, terminating: true, cached: all }))).toEqual(none(false))
  }
})

describe('labels and annotations', () => {
  it('are pruned if no longer desired; those of other writers are kept', () => {
    const before = withAppliedKeys({ labels: { team: 'a', old: 'x' }, annotations: { note: 'y' } })
    const content = { specDigest: 'now', labels: { ...before.labels, theirs: 'z' }, annotations: before.annotations }
    expect(planNamespace(externalSecret, view({ cached: [cached({ content })] })).step.kind).toBe('update')
  })

  it.each(['', 'null', '[]', '{"labels":7}', '{'])('are not pruned with an annotation of %j', (text) => {
    const annotations = { 'alibabacloud.com/applied-metadata': text, theirs: 'x' }
    const content = { specDigest: 'now', labels: { team: 'a' }, annotations }
    // The annotation is restored.
    expect(planNamespace(externalSecret, view({ cached: [cached({ content })] })).step.kind).toBe('update')
  })
})

describe('from any state', () => {
  const names = fc.constantFrom('web', 'old', 'older')
  const any = fc.record({
    name: names,
    ownerUid: fc.constantFrom('us', 'us', 'them', undefined),
    createdHere: fc.constant(true),
    ownerText: fc.constant(cached().ownerText),
    terminating: fc.boolean(),
    retention: fc.constantFrom('unset', 'pending', 'recorded'),
    content: fc.constantFrom(cached().content, outdated.content, undefined),
  })
  const views = fc.record({
    selected: fc.boolean(),
    keepsUnselected: fc.boolean(),
    terminating: fc.boolean(),
    cached: fc.uniqueArray(any, { selector: ({ name }) => name, maxLength: 3 }),
  })

  /** Applies a step to a namespace. */
  function carriedOut(
    { step }: NamespacePlan,
    before: readonly CachedExternalSecret[],
  ): readonly CachedExternalSecret[] {
    switch (step.kind) {
      case 'create':
        return [...before, cached()]
      case 'update':
        return before.map((one) => (one.name === externalSecret.name ? cached() : one))
      case 'delete':
        return before.filter(({ name }) => name !== step.name)
      case 'retain':
        return before.map((one) => (one.name === step.name ? { ...one, retention: 'pending' } : one))
      case 'wait': {
        const rest = before.filter((one) => !(one.terminating && one.ownerUid === 'us' && one.name === 'web'))
        if (rest.length < before.length) return rest
        return before.map((one) =>
          one.ownerUid === 'us' && one.retention === 'pending' ? { ...one, retention: 'recorded' } : one,
        )
      }
      default:
        return before
    }
  }

  it('converges without changing objects of other owners', () => {
    fc.assert(
      fc.property(views, fc.boolean(), (start, isRetained) => {
        const desired: DesiredExternalSecret = { ...externalSecret, isRetained }
        let now: readonly CachedExternalSecret[] = start.cached
        let plan = planNamespace(desired, start)
        for (let round = 0; plan.step.kind !== 'none' && plan.step.kind !== 'refuse'; round += 1) {
          expect(round).toBeLessThan(12)
          const { step } = plan
          if (step.kind === 'create') expect(now.some(({ name }) => name === externalSecret.name)).toBe(false)
          if (step.kind === 'update') expect(now.find(({ name }) => name === externalSecret.name)?.ownerUid).toBe('us')
          if (step.kind === 'delete') {
            expect(now.find(({ name }) => name === step.name)).toMatchObject({
              ownerUid: 'us',
              ...(isRetained ? { retention: 'recorded' } : {}),
            })
          }
          now = carriedOut(plan, now)
          plan = planNamespace(desired, { ...start, cached: now })
        }
        const isForeign = ({ ownerUid }: CachedExternalSecret): boolean => ownerUid !== 'us'
        expect(now.filter(isForeign)).toEqual(start.cached.filter(isForeign))
        const ours = now.filter((one) => !isForeign(one) && !one.terminating)
        const isTaken = start.cached.some((one) => isForeign(one) && one.name === externalSecret.name)
        if (start.terminating) expect(now).toBe(start.cached)
        else if (!start.selected) expect(ours).toEqual(start.keepsUnselected ? ours : [])
        else if (isTaken) expect(plan.step.kind).toBe('refuse')
        else expect([ours, plan.provisioned]).toMatchObject([[{ content: cached().content }], true])
      }),
      { numRuns: 2_000 },
    )
  })
})
