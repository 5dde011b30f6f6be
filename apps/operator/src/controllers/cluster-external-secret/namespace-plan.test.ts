import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { remembered } from './applied-metadata.ts'
import { type NamespacePlan, type NamespaceView, planNamespace, type WantedExternalSecret } from './namespace-plan.ts'
import type { FoundExternalSecret } from './cached-external-secret.ts'

const wanted: WantedExternalSecret = {
  name: 'web',
  makerUid: 'us',
  specDigest: 'now',
  ...remembered({ labels: { team: 'a' }, annotations: {} }),
}

function found(change: Partial<FoundExternalSecret> = {}): FoundExternalSecret {
  const { specDigest, labels, annotations } = wanted
  return {
    name: 'web',
    makerUid: 'us',
    marked: true,
    holder: 'ClusterExternalSecret web owns it',
    terminating: false,
    content: { specDigest, labels, annotations },
    ...change,
  }
}

const foreign = (name = 'web'): FoundExternalSecret =>
  found({ name, makerUid: undefined, holder: 'nobody owns it', content: undefined })
const outdated = found({ content: { ...wanted, specDigest: 'before' } })
const relabelled = (labels: Record<string, string>): FoundExternalSecret => found({ content: { ...wanted, labels } })

const view = (change: Partial<NamespaceView> = {}): NamespaceView => ({
  selected: true,
  keeps: false,
  terminating: false,
  found: [],
  ...change,
})
const none = (provisioned: boolean): NamespacePlan => ({ step: { kind: 'none' }, provisioned })

describe('a namespace that is selected', () => {
  it.each<[string, readonly FoundExternalSecret[], NamespacePlan]>([
    ['gets an ExternalSecret', [], { step: { kind: 'create' }, provisioned: false }],
    ['is left alone when it has it', [found()], none(true)],
    ['gets a new spec', [outdated], { step: { kind: 'update' }, provisioned: true }],
    ['gets a lost label back', [relabelled({})], { step: { kind: 'update' }, provisioned: true }],
    ['gets a changed label back', [relabelled({ team: 'b' })], { step: { kind: 'update' }, provisioned: true }],
    ['keeps the labels of others', [relabelled({ team: 'a', theirs: 'x' })], none(true)],
    [
      'waits until what has the name is gone',
      [found({ terminating: true })],
      { step: { kind: 'wait' }, provisioned: false },
    ],
    [
      'makes the new one first when the name changes',
      [found({ name: 'old' })],
      { step: { kind: 'create' }, provisioned: false },
    ],
    [
      'then lets the old one go',
      [found(), found({ name: 'old' })],
      { step: { kind: 'delete', name: 'old' }, provisioned: true },
    ],
    [
      'brings the new one up to date before that',
      [outdated, found({ name: 'old' })],
      { step: { kind: 'update' }, provisioned: true },
    ],
    ['leaves alone what may be a copy, having no mark', [found(), found({ name: 'old', marked: false })], none(true)],
    ['marks what the Go operator made', [found({ marked: false })], { step: { kind: 'update' }, provisioned: true }],
    ['does not delete twice', [found(), found({ name: 'old', terminating: true })], none(true)],
  ])('%s', (_rule, all, plan) => expect(planNamespace(wanted, view({ found: all }))).toEqual(plan))

  it.each<[string, FoundExternalSecret, string]>([
    ['nobody’s', foreign(), 'nobody owns it'],
    [
      'another maker’s',
      found({ makerUid: 'them', holder: 'ClusterExternalSecret other owns it' }),
      'ClusterExternalSecret other owns it',
    ],
    ['one that is about to go', { ...foreign(), terminating: true }, 'nobody owns it'],
  ])('never takes over %s, and says whose it is', (_whose, one, holder) => {
    const { step, provisioned } = planNamespace(wanted, view({ found: [one] }))
    expect(step).toEqual({
      kind: 'refuse',
      reason: expect.stringContaining(`by this ClusterExternalSecret: ${holder};`),
    })
    expect(provisioned).toBe(false)
  })

  it('keeps what it has under the old name while the new one is somebody else’s', () => {
    const plan = planNamespace(wanted, view({ found: [foreign(), found({ name: 'old' })] }))
    expect(plan.step.kind).toBe('refuse')
  })
})

describe('a namespace that is not selected', () => {
  it.each<[string, Partial<NamespaceView>, NamespacePlan]>([
    ['gets nothing', {}, none(false)],
    ['loses what it has', { found: [found()] }, { step: { kind: 'delete', name: 'web' }, provisioned: false }],
    ['keeps what is somebody else’s', { found: [foreign()] }, none(false)],
    [
      'keeps what it has where not all of what selects can be understood',
      { found: [found()], keeps: true },
      none(false),
    ],
  ])('%s', (_rule, change, plan) => expect(planNamespace(wanted, view({ ...change, selected: false }))).toEqual(plan))
})

it.each([true, false])('touches nothing in a namespace that is about to go (selected: %s)', (selected) => {
  for (const all of [[], [outdated], [foreign()]]) {
    expect(planNamespace(wanted, view({ selected, terminating: true, found: all }))).toEqual(none(false))
  }
})

describe('labels and annotations', () => {
  it('go when they are wanted no more, and those of others stay', () => {
    const before = remembered({ labels: { team: 'a', old: 'x' }, annotations: { note: 'y' } })
    const content = { specDigest: 'now', labels: { ...before.labels, theirs: 'z' }, annotations: before.annotations }
    expect(planNamespace(wanted, view({ found: [found({ content })] })).step.kind).toBe('update')
  })

  it.each(['', 'null', '[]', '{"labels":7}', '{'])('with a memory of %j name nothing that would go', (text) => {
    const annotations = { 'alibabacloud.com/applied-metadata': text, theirs: 'x' }
    const content = { specDigest: 'now', labels: { team: 'a' }, annotations }
    // What can be remembered again is.
    expect(planNamespace(wanted, view({ found: [found({ content })] })).step.kind).toBe('update')
  })
})

describe('whatever is there', () => {
  const names = fc.constantFrom('web', 'old', 'older')
  const any = fc.record({
    name: names,
    makerUid: fc.constantFrom('us', 'us', 'them', undefined),
    marked: fc.constant(true),
    holder: fc.constant(found().holder),
    terminating: fc.boolean(),
    content: fc.constantFrom(found().content, outdated.content, undefined),
  })
  const views = fc.record({
    selected: fc.boolean(),
    keeps: fc.boolean(),
    terminating: fc.boolean(),
    found: fc.uniqueArray(any, { selector: ({ name }) => name, maxLength: 3 }),
  })

  /** What a step makes of a namespace, on an API server where nothing hangs. */
  function carriedOut({ step }: NamespacePlan, before: readonly FoundExternalSecret[]): readonly FoundExternalSecret[] {
    switch (step.kind) {
      case 'create':
        return [...before, found()]
      case 'update':
        return before.map((one) => (one.name === wanted.name ? found() : one))
      case 'delete':
        return before.filter(({ name }) => name !== step.name)
      case 'wait':
        return before.filter(({ name }) => name !== wanted.name)
      default:
        return before
    }
  }

  it('comes to rest, as it should be, and nothing of others was touched', () => {
    fc.assert(
      fc.property(views, (start) => {
        let now: readonly FoundExternalSecret[] = start.found
        let plan = planNamespace(wanted, start)
        for (let round = 0; plan.step.kind !== 'none' && plan.step.kind !== 'refuse'; round += 1) {
          expect(round).toBeLessThan(6)
          const { step } = plan
          if (step.kind === 'create') expect(now.some(({ name }) => name === wanted.name)).toBe(false)
          if (step.kind === 'update') expect(now.find(({ name }) => name === wanted.name)?.makerUid).toBe('us')
          if (step.kind === 'delete') expect(now.find(({ name }) => name === step.name)?.makerUid).toBe('us')
          now = carriedOut(plan, now)
          plan = planNamespace(wanted, { ...start, found: now })
        }
        const isForeign = ({ makerUid }: FoundExternalSecret): boolean => makerUid !== 'us'
        expect(now.filter(isForeign)).toEqual(start.found.filter(isForeign))
        const ours = now.filter((one) => !isForeign(one) && !one.terminating)
        const isTaken = start.found.some((one) => isForeign(one) && one.name === wanted.name)
        if (start.terminating) expect(now).toBe(start.found)
        else if (!start.selected) expect(ours).toEqual(start.keeps ? ours : [])
        else if (isTaken) expect(plan.step.kind).toBe('refuse')
        else expect([ours, plan.provisioned]).toEqual([[found()], true])
      }),
      { numRuns: 2_000 },
    )
  })
})
