import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { actBefore, type ApiCall, killAt } from '@ack-secret-manager/test-support/mortal-client'
import { createOf, patchOf, recordFor, there } from '@ack-secret-manager/testkit'
import { describe, expect, it } from 'vitest'
import { replacementOf } from '../replacement/replacement.ts'
import { NEW, OLD, replacementsIn, STEPS, TYPE } from '../testing/replacements.ts'

const { signal } = new AbortController()

describeCluster('a Secret that is recreated', () => {
  const cluster = useCluster()
  const { ref, open, old, replaceOf } = replacementsIn(cluster)

  const isDelete = ({ method, path, body }: ApiCall, name: string): boolean =>
    method === 'DELETE' && path.endsWith(`/${name}`) && !JSON.stringify(body).includes('dryRun')

  it('is missing only between two consecutive calls, and leaves no replacement', async () => {
    await using bench = await open()
    const { target, owner, observed } = await old(bench, 'calls')
    const before = bench.requests.length
    const after = there(await bench.writer.apply(replaceOf(bench, { target, owner, observed }), { signal }))
    const calls = bench.requests.slice(before).map(({ verb, resource, code }) => `${verb} ${resource} ${code}`)
    expect(calls).toEqual(STEPS)
    expect(await bench.read(target)).toEqual(NEW)
    expect(await bench.object(replacementOf(target))).toBeUndefined()
    expect(after).toMatchObject({ type: TYPE, drifted: [], metadataDrifted: false, immutable: false })
    expect(after.uid).not.toBe(observed.uid)
    expect(there(await bench.object(target)).type).toBe(TYPE)
    expect([...bench.writer.unfinished()]).toEqual([])
  })

  it('is created even if the writer is cancelled between the two calls', async () => {
    await using bench = await open()
    const { target, owner, observed } = await old(bench, 'stopped')
    const stop = new AbortController()
    actBefore(
      bench.client,
      (call) => isDelete(call, target.name),
      async () => stop.abort(),
    )
    await bench.writer.apply(replaceOf(bench, { target, owner, observed }), { signal: stop.signal })
    expect(await bench.read(target)).toEqual(NEW)
    expect(await bench.object(replacementOf(target))).toBeUndefined()
  })

  it('is not deleted if the writer is cancelled before', async () => {
    await using bench = await open()
    const { target, owner, observed } = await old(bench, 'stopped-before')
    const stop = new AbortController()
    actBefore(
      bench.client,
      ({ method, path }) => method === 'POST' && path.endsWith('/secrets'),
      async () => stop.abort(),
    )
    const error = await failureOf(
      bench.writer.apply(replaceOf(bench, { target, owner, observed }), { signal: stop.signal }),
    )
    expect(error.code).toBe('Cancelled')
    expect(await bench.read(target)).toEqual(OLD)
  })

  it('keeps foreign labels, annotations and owner references, and drops our former ones', async () => {
    await using bench = await open()
    const { target, owner, observed } = await old(bench, 'dressed')
    const other = { apiVersion: 'v1', kind: 'Namespace', name: cluster.namespace, uid: '' }
    const { body } = await cluster.request<{ metadata: { uid: string } }>('GET', `/api/v1/namespaces/${other.name}`)
    const references = [
      ...there(there(await bench.object(target)).metadata.ownerReferences),
      { ...other, uid: body.metadata.uid },
    ]
    const labels = { team: 'a', 'app.kubernetes.io/managed-by': 'Helm' }
    await bench.patch(target, { metadata: { labels, annotations: { note: 'x' }, ownerReferences: references } })
    const seen = there(await bench.writer.observe(target, { signal, fresh: true }))
    await bench.writer.apply(replaceOf(bench, { target, owner, observed: seen }), { signal })
    const { metadata } = there(await bench.object(target))
    expect(metadata.uid).not.toBe(observed.uid)
    expect(metadata.labels).toMatchObject(labels)
    expect(metadata.annotations).toMatchObject({ note: 'x' })
    expect(metadata.ownerReferences?.map(({ name }) => name)).toEqual(
      [owner.name, other.name].toSorted((a) => (a === owner.name ? -1 : 1)),
    )
  })

  describe('the replacement', () => {
    it('has its own type, labels and annotations', async () => {
      await using bench = await open()
      const written = await old(bench, 'aside')
      await bench.patch(written.target, { metadata: { labels: { team: 'a' }, annotations: { note: 'x' } } })
      const observed = there(await bench.writer.observe(written.target, { signal, fresh: true }))
      await using mortal = await open({ digester: bench.digester })
      killAt(mortal.client, 5, 'before it is sent')
      await failureOf(mortal.writer.apply(replaceOf(mortal, { ...written, observed }), { signal }))
      const { type, metadata } = there(await bench.object(replacementOf(written.target)))
      expect(type).toBe('alibabacloud.com/replacement')
      expect(metadata.labels).toEqual({ 'alibabacloud.com/managed-by': 'ack-secret-manager' })
      expect(Object.keys(metadata.annotations ?? {})).toEqual(['alibabacloud.com/replacement'])
      expect(metadata.ownerReferences).toMatchObject([{ name: 'aside' }])
      expect(JSON.stringify(metadata)).not.toContain(Buffer.from(NEW.a).toString('base64'))
    })

    it('cannot be a target', async () => {
      await using bench = await open()
      const target = replacementOf(ref('any'))
      const owner = await bench.owner('squatter')
      const failed = await failureOf(bench.writer.apply(createOf(bench, target, owner, OLD), { signal }))
      expect(failed).toMatchObject({ code: 'InvalidSpec', message: expect.stringContaining('acksm-replacement-') })
      expect(await bench.object(target)).toBeUndefined()
    })

    it('reserves the name for its owner', async () => {
      await using bench = await open()
      const written = await old(bench, 'reserved')
      await using mortal = await open({ digester: bench.digester })
      killAt(mortal.client, 6, 'before it is sent')
      await failureOf(mortal.writer.apply(replaceOf(mortal, written), { signal }))
      await using next = await open({ watch: true, digester: bench.digester })
      const thief = await next.owner('thief')
      const stealing = next.writer.apply(createOf(next, written.target, thief, { a: 'theirs' }), { signal })
      expect(await failureOf(stealing)).toMatchObject({
        code: 'TargetConflict',
        message: expect.stringContaining('is being recreated for SecretWriterTestOwner reserved'),
      })
      expect(await bench.object(written.target)).toBeUndefined()
    })

    it('is deleted if it is a leftover, and kept if it belongs to another client', async () => {
      await using bench = await open()
      const written = await old(bench, 'again')
      await using mortal = await open({ digester: bench.digester })
      killAt(mortal.client, 4, 'before it is sent')
      await failureOf(mortal.writer.apply(replaceOf(mortal, written), { signal }))
      await bench.writer.apply(replaceOf(bench, written), { signal })
      expect(await bench.read(written.target)).toEqual(NEW)
      expect(await bench.object(replacementOf(written.target))).toBeUndefined()

      const blocked = await old(bench, 'blocked')
      await bench.make(replacementOf(blocked.target), { data: { mine: 'eA==' } })
      const failed = await failureOf(bench.writer.apply(replaceOf(bench, blocked), { signal }))
      expect(failed).toMatchObject({
        code: 'TargetConflict',
        message: expect.stringContaining('is not managed by this operator'),
      })
      expect([await bench.read(blocked.target), await bench.read(replacementOf(blocked.target))]).toEqual([
        OLD,
        { mine: 'x' },
      ])
    })

    it('is ignored after another client has edited it', async () => {
      await using bench = await open()
      const edits: readonly object[] = [
        { metadata: { annotations: { 'alibabacloud.com/replacement': '{}' } } },
        { metadata: { labels: { 'alibabacloud.com/managed-by': null } } },
      ]
      for (const [index, edit] of edits.entries()) {
        const written = await old(bench, `edited-${index}`)
        const place = replacementOf(written.target)
        await using mortal = await open({ digester: bench.digester })
        killAt(mortal.client, 6, 'before it is sent')
        await failureOf(mortal.writer.apply(replaceOf(mortal, written), { signal }))
        await bench.patch(place, edit)
        await using next = await open({ watch: true, digester: bench.digester })
        expect([...next.writer.unfinished()].filter(({ ownerName }) => ownerName === `edited-${index}`)).toEqual([])
        expect(await bench.read(place)).toEqual(NEW)
      }
    })
  })

  describe('with concurrent changes by another client', () => {
    it('is a conflict without a leftover if the client changes it in between', async () => {
      await using bench = await open()
      const written = await old(bench, 'edited-between')
      const { target } = written
      actBefore(
        bench.client,
        (call) => isDelete(call, target.name),
        () => bench.edit(target, 'theirs', 'x'),
      )
      expect(await failureOf(bench.writer.apply(replaceOf(bench, written), { signal }))).toMatchObject({
        code: 'Conflict',
      })
      expect(await bench.read(target)).toEqual({ ...OLD, theirs: 'x' })
      expect(await bench.object(replacementOf(target))).toBeUndefined()
      expect([...bench.writer.unfinished()]).toEqual([])
    })

    it.each(['delete', 'try'])('is created even if the client deletes it before the writer %s', async (what) => {
      await using bench = await open()
      const written = await old(bench, `deleted-${what}`)
      const { target } = written
      const isTry = ({ method, query }: ApiCall): boolean => method === 'POST' && query?.['dryRun'] !== undefined
      actBefore(bench.client, what === 'try' ? isTry : (call) => isDelete(call, target.name), () =>
        bench.delete(target),
      )
      await bench.writer.apply(replaceOf(bench, written), { signal })
      expect(await bench.read(target)).toEqual(NEW)
      expect(await bench.object(replacementOf(target))).toBeUndefined()
    })

    it('waits until the client deletes its own Secret of that name, and loses no content', async () => {
      await using bench = await open()
      const written = await old(bench, 'taken')
      const { target } = written
      const isLastPost = ({ method, query, body }: ApiCall): boolean =>
        method === 'POST' && query?.['dryRun'] === undefined && (body as { type: string }).type === TYPE
      actBefore(bench.client, isLastPost, () => bench.make(target, { data: { mine: 'eA==' } }))
      expect(await failureOf(bench.writer.apply(replaceOf(bench, written), { signal }))).toMatchObject({
        code: 'Conflict',
      })
      const finish = { kind: 'finish', target, ownerName: 'taken' } as const
      await bench.writer.apply(finish, { signal })
      expect([await bench.read(target), await bench.read(replacementOf(target))]).toEqual([{ mine: 'x' }, NEW])
      await bench.delete(target)
      await bench.writer.apply(finish, { signal })
      expect([await bench.read(target), await bench.object(replacementOf(target))]).toEqual([NEW, undefined])
    })
  })

  describe('is unchanged', () => {
    it('if the API server would reject the new one', async () => {
      await using bench = await open()
      const written = await old(bench, 'unfit')
      const action = { ...replaceOf(bench, written), type: 'kubernetes.io/tls' }
      expect(await failureOf(bench.writer.apply(action, { signal }))).toMatchObject({ code: 'InvalidForType' })
      expect([await bench.read(written.target), await bench.object(replacementOf(written.target))]).toEqual([
        OLD,
        undefined,
      ])
    })

    it('if it has a finalizer of another controller', async () => {
      await using bench = await open()
      const written = await old(bench, 'finalized')
      await bench.patch(written.target, { metadata: { finalizers: ['example.com/theirs'] } })
      const observed = there(await bench.writer.observe(written.target, { signal, fresh: true }))
      const failed = await failureOf(bench.writer.apply(replaceOf(bench, { ...written, observed }), { signal }))
      expect(failed).toMatchObject({ code: 'TargetConflict', message: expect.stringContaining('example.com/theirs') })
      expect(await bench.object(replacementOf(written.target))).toBeUndefined()
      await bench.patch(written.target, { metadata: { finalizers: null } })
    })

    it('if a carried key is missing', async () => {
      await using bench = await open()
      const written = await old(bench, 'lacking')
      const action = { ...replaceOf(bench, written), carry: ['gone'] }
      expect(await failureOf(bench.writer.apply(action, { signal }))).toMatchObject({ code: 'Conflict' })
      expect(await bench.read(written.target)).toEqual(OLD)
    })

    it('without permission to delete', async () => {
      await using bench = await open()
      const written = await old(bench, 'undeletable')
      await bench.grant('get', 'list', 'watch', 'create', 'patch')
      await using limited = await bench.withoutRights({ watch: false, digester: bench.digester })
      const failed = await failureOf(limited.writer.apply(replaceOf(bench, written), { signal }))
      expect(failed).toMatchObject({ code: 'WriteDenied', message: expect.stringContaining('verb "delete"') })
      expect([await bench.read(written.target), await bench.object(replacementOf(written.target))]).toEqual([
        OLD,
        undefined,
      ])
    })
  })

  describe('is patched instead', () => {
    it('for fields of an immutable Secret that Kubernetes allows to change', async () => {
      await using bench = await open()
      const { target, owner, observed } = await old(bench, 'frozen', { immutable: true })
      expect(observed.immutable).toBe(true)
      const record = recordFor(bench.digester, target, OLD, { immutable: true, versionId: 'v2' })
      const after = there(await bench.writer.apply(patchOf(observed, owner, record), { signal }))
      expect(after.records.get('frozen')).toEqual(record)
      expect([after.uid, await bench.read(target)]).toEqual([observed.uid, OLD])
    })

    it('to make a Secret immutable with a new value', async () => {
      await using bench = await open()
      const { target, owner, observed } = await old(bench, 'freezing')
      const record = recordFor(bench.digester, target, NEW, { immutable: true })
      const patch = patchOf(observed, owner, record, { set: { a: NEW.a } })
      expect(there(await bench.writer.apply(patch, { signal }))).toMatchObject({ immutable: true, uid: observed.uid })
      expect(there(await bench.object(target)).immutable).toBe(true)
    })
  })

  it('is known to be immutable after a rejected write or an inspection', async () => {
    await using bench = await open()
    const { target, owner, observed } = await old(bench, 'made-immutable')
    await bench.patch(target, { immutable: true })
    const seen = there(await bench.writer.observe(target, { signal, fresh: true }))
    const patch = patchOf(seen, owner, recordFor(bench.digester, target, NEW), { set: { a: NEW.a } })
    expect(await failureOf(bench.writer.apply(patch, { signal }))).toMatchObject({ code: 'Conflict' })
    expect(await bench.writer.observe(target, { signal, fresh: true })).toMatchObject({
      immutable: true,
      uid: observed.uid,
    })
    expect(await failureOf(bench.writer.apply(patch, { signal }))).toMatchObject({ code: 'WriteDenied' })
    await using other = await open({ digester: bench.digester })
    expect(await other.writer.observe(target, { signal })).toMatchObject({ immutable: false })
    expect(await other.writer.inspect(target, { signal })).toMatchObject({ immutable: true })
    expect(await other.writer.observe(target, { signal })).toMatchObject({ immutable: true })
  })
})
