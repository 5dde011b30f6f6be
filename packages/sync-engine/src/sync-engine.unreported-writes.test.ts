import { SecretSyncError, Sensitive, type TargetAction } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { TinyRenderer } from '@ack-secret-manager/test-support/tiny-renderer'
import { describe, expect, it } from 'vitest'
import { type EngineFixture, engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { digester, NO_OBJECTS, valueOf } from './testing/fixtures.ts'
import { Generators } from './testing/generating-engine.ts'

const SPEC = { data: [{ key: 'app/db', name: 'password' }] }
/** Another key for the same version. */
const CHANGED = { data: [...SPEC.data, { key: 'app/db', name: 'copy' }] }
const denied = new SecretSyncError('WriteDenied', 'patch Secret default/web: an admission policy changed key password')

/** An API server with a policy that changes each value. It outlives the processes of the operator. */
class ApiServer extends MemoryWriter {
  hasPolicy = false
  /** The watch does not show the target. */
  isHidden = false
  /** Contents that were read. */
  inspected = 0

  override observe(...[target, options]: Parameters<MemoryWriter['observe']>): ReturnType<MemoryWriter['observe']> {
    return this.isHidden && options?.fresh !== true ? Promise.resolve(undefined) : super.observe(target, options)
  }

  override inspect(...request: Parameters<MemoryWriter['inspect']>): ReturnType<MemoryWriter['inspect']> {
    this.inspected += 1
    return super.inspect(...request)
  }

  override async apply(action: TargetAction): ReturnType<MemoryWriter['apply']> {
    if (!this.hasPolicy || !('set' in action) || !('record' in action)) return super.apply(action)
    const other = new Sensitive<Uint8Array>(Buffer.from('other'))
    await super.apply({ ...action, set: new Map([...action.record.keys.keys()].map((key) => [key, other])) })
    throw denied
  }
}

/** Processes of the operator, one after another. */
class Processes {
  readonly clock = new ManualClock()
  readonly writer = new ApiServer(digester)
  /** As last written, unless the process crashed before. */
  status: EngineFixture['statuses'][number] | undefined
  spec: object = SPEC
  generation = 1
  /** Texts of secrets; each is its own version. */
  readonly texts: Record<string, string> = { 'app/db': 'one', 'app/token': 'token', 'app/doc': '{"user":"tom"}' }
  readonly #generators = new Generators()
  #now: EngineFixture | undefined

  get now(): EngineFixture {
    if (!this.#now) throw new Error('no process')
    return this.#now
  }

  async start(): Promise<void> {
    const { clock, writer } = this
    const templating = { renderer: new TinyRenderer(), sources: NO_OBJECTS }
    this.#now = engineFixture(
      {},
      { clock, writer, standby: true, templating, createGenerator: this.#generators.create },
    )
    for (const [name, text] of Object.entries(this.texts)) this.#put(name, text)
    this.upsert()
    this.#now.engine.start()
    await clock.advance(0)
  }

  upsert(): void {
    this.now.upsert(this.spec, { status: this.status, generation: this.generation })
  }

  async rotate(name: string, text: string): Promise<void> {
    this.texts[name] = text
    this.#put(name, text)
    await this.clock.advance(INTERVAL)
  }

  async change(spec: object): Promise<void> {
    this.spec = spec
    this.generation += 1
    this.upsert()
    await this.clock.advance(0)
  }

  /** @param status as stored by the API server; by default the last one */
  async stop(status = this.now.statuses.at(-1)): Promise<void> {
    this.status = status
    await this.now.engine.close()
  }

  #put(name: string, text: string): void {
    this.now.values.set(name, valueOf(text, text))
  }

  get text(): string | undefined {
    return this.writer.textsOf('web')?.['password']
  }
}

/** How the last process left a target that a policy had changed. Each leaves the policy behind. */
const LEFT: Readonly<Record<string, (processes: Processes) => Promise<void>>> = {
  'crashed before the status of a rotation': async (processes) => {
    await processes.start()
    const reported = processes.now.statuses.at(-1)
    processes.writer.hasPolicy = true
    await processes.rotate('app/db', 'two')
    await processes.stop(reported)
  },
  'crashed before the status of a spec': async (processes) => {
    await processes.start()
    const reported = processes.now.statuses.at(-1)
    processes.writer.hasPolicy = true
    await processes.change(CHANGED)
    await processes.stop(reported)
  },
  'crashed before its first status': async (processes) => {
    processes.writer.hasPolicy = true
    await processes.start()
    await processes.now.engine.close()
  },
  'crashed before its first status, and the watch does not show the target': async (processes) => {
    processes.writer.hasPolicy = true
    await processes.start()
    await processes.now.engine.close()
    processes.writer.isHidden = true
  },
  'was suspended': async (processes) => {
    processes.writer.hasPolicy = true
    await processes.start()
    await processes.change({ ...SPEC, suspend: true })
    expect(processes.now.ready()).toBe('False Suspended')
    await processes.stop()
    await processes.start()
    await processes.change(SPEC)
  },
  'lost its store': async (processes) => {
    processes.writer.hasPolicy = true
    await processes.start()
    processes.now.store.resolution = { kind: 'error', error: new SecretSyncError('StoreNotFound', 'no store') }
    processes.now.engine.storesChanged()
    await processes.clock.advance(INTERVAL)
    expect(processes.now.ready()).toBe('False StoreNotFound')
    await processes.stop()
  },
}

function reasonsOf({ statuses }: EngineFixture): (string | undefined)[] {
  return statuses.map(({ conditions }) => conditions[0]?.reason)
}

describe('a target that admission has changed', () => {
  it.for(Object.entries(LEFT))('is not ready after the process %s', async ([, leave]) => {
    const processes = new Processes()
    const { writer, clock } = processes
    await leave(processes)
    expect(processes.text).toBe('other')
    await processes.start()
    // A create that conflicts is tried again.
    await clock.advance(5_000)
    expect(new Set(reasonsOf(processes.now))).toEqual(new Set(['WriteFailed']))
    writer.hasPolicy = false
    await clock.advance(INTERVAL)
    expect(processes.now.ready()).toBe('True Synced')
    expect(processes.text).toBe(processes.texts['app/db'])
  })
})

describe('a restart', () => {
  const template = { data: { url: '{{ .password }}@{{ .token }}' } }
  const data = [...SPEC.data, { key: 'app/token', name: 'token' }]
  it.for<[string, object]>([
    ['one key', SPEC],
    ['two secrets', { data }],
    ['a document', { dataProcess: [{ extract: { key: 'app/doc' } }] }],
    ['a template', { data, target: { template } }],
    ['a template that keeps keys', { data, target: { template: { ...template, mergePolicy: 'Merge' } } }],
    ['a merged target', { ...SPEC, target: { creationPolicy: 'Merge' } }],
    ['an immutable target', { ...SPEC, target: { immutable: true } }],
    ['a generated key', { ...SPEC, generate: [{ name: 'salt', password: {} }] }],
  ])('does not read the content of a target with %s that is ready', async ([, spec]) => {
    const processes = new Processes()
    const { writer, clock } = processes
    processes.spec = spec
    if (JSON.stringify(spec).includes('creationPolicy')) writer.putForeign('web')
    await processes.start()
    expect(processes.now.ready()).toBe('True Synced')
    await processes.stop()
    writer.inspected = 0
    await processes.start()
    await clock.advance(10 * INTERVAL)
    expect(processes.now.statuses).toEqual([])
    expect(writer.inspected).toBe(0)
  })

  it('reads the content of a target that is not ready once', async () => {
    const processes = new Processes()
    const { writer, clock } = processes
    processes.spec = { data }
    await processes.start()
    processes.now.values.delete('app/token')
    await clock.advance(INTERVAL)
    expect(processes.now.ready()).toBe('False Degraded')
    await processes.stop()
    delete processes.texts['app/token']
    writer.inspected = 0
    await processes.start()
    await clock.advance(10 * INTERVAL)
    expect(processes.now.statuses).toEqual([])
    expect(writer.inspected).toBe(1)
  })
})
