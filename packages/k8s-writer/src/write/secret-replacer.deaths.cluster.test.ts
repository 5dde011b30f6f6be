import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { type Death, killAt } from '@ack-secret-manager/test-support/mortal-client'
import { there } from '@ack-secret-manager/testkit'
import { describe, expect, it } from 'vitest'
import { replacementOf } from '../replacement/replacement.ts'
import { NEW, OLD, replacementsIn, STEPS, TYPE } from '../testing/replacements.ts'

const { signal } = new AbortController()

describeCluster('a Secret that is recreated', () => {
  const cluster = useCluster()
  const { open, old, replaceOf } = replacementsIn(cluster)

  describe('when the process dies', () => {
    const deaths = STEPS.flatMap((step, index) =>
      (['before it is sent', 'before its response arrives'] as const).map(
        (death) => [`${index + 1} (${step})`, death, index + 1] as const,
      ),
    )
    it.each<readonly [string, Death, number]>(deaths)('with request %s, %s', async (_step, death, step) => {
      const name = `death-${step}-${death === 'before it is sent' ? 'sent' : 'response'}`
      await using bench = await open()
      const { target, owner, observed } = await old(bench, name, { immutable: true })
      await using mortal = await open({ digester: bench.digester })
      await mortal.writer.observe(target, { signal })
      killAt(mortal.client, step, death)
      const dying = mortal.writer.apply(replaceOf(mortal, { target, owner, observed }, { immutable: true }), { signal })
      // The write succeeded, with or without a response.
      const isMade = step === STEPS.length || (step === 6 && death === 'before its response arrives')
      if (step < STEPS.length) await expect(dying).rejects.toMatchObject({ code: 'Unavailable' })
      else await dying
      const isGone = (step > 5 || (step === 5 && death === 'before its response arrives')) && !isMade
      expect(await bench.read(target)).toEqual(isGone ? undefined : isMade ? NEW : OLD)
      expect(await bench.read(replacementOf(target))).toEqual(isGone ? NEW : expect.toBeOneOf([undefined, NEW]))

      // The next process finds the replacement and finishes it without reading a value from KMS.
      await using next = await open({ watch: true, digester: bench.digester })
      const left = [...next.writer.unfinished({ namespace: target.namespace, name })]
      expect(left).toEqual(
        (await bench.object(replacementOf(target))) ? [{ target, ownerName: name, deletion: 'delete' }] : [],
      )
      for (const { ownerName } of left) {
        const finished = there(await next.writer.apply({ kind: 'finish', target, ownerName }, { signal }))
        expect(finished).toEqual(await next.writer.observe(target, { signal, fresh: true }))
      }
      expect(await bench.read(target)).toEqual(isGone || isMade ? NEW : OLD)
      expect(await bench.object(replacementOf(target))).toBeUndefined()
      expect([...next.writer.unfinished()]).toEqual([])
      const { type, metadata, immutable } = there(await bench.object(target))
      expect({ type, immutable }).toEqual({ type: isGone || isMade ? TYPE : 'Opaque', immutable: true })
      expect(metadata.ownerReferences).toMatchObject([{ name }])
    })

    it('is created without ownerReference after its owner was deleted with the cascade Orphan', async () => {
      await using bench = await open()
      const written = await old(bench, 'orphaned')
      const { target, owner } = written
      await using mortal = await open({ digester: bench.digester })
      killAt(mortal.client, 6, 'before it is sent')
      await failureOf(mortal.writer.apply(replaceOf(mortal, written), { signal }))
      await bench.patch(replacementOf(target), { metadata: { ownerReferences: null } })
      await using next = await open({ watch: true, digester: bench.digester })
      const left = { target, ownerName: owner.name }
      expect([...next.writer.unfinished()]).toEqual([{ ...left, deletion: 'delete', orphaned: true }])
      await next.writer.apply({ kind: 'finish', ...left }, { signal })
      expect([await bench.read(target), await bench.object(replacementOf(target))]).toEqual([NEW, undefined])
      expect(there(await bench.object(target)).metadata).not.toHaveProperty('ownerReferences')
    })

    it('is found without a watch by a read of the target', async () => {
      await using bench = await open()
      const written = await old(bench, 'unwatched', { deletion: 'retain' })
      const { target } = written
      await using mortal = await open({ digester: bench.digester })
      killAt(mortal.client, 6, 'before it is sent')
      await failureOf(mortal.writer.apply(replaceOf(mortal, written, { deletion: 'retain' }), { signal }))
      await using next = await open({ digester: bench.digester })
      expect(await next.writer.observe(target, { signal })).toBeUndefined()
      expect([...next.writer.unfinished()]).toEqual([{ target, ownerName: 'unwatched', deletion: 'retain' }])
      await next.writer.apply({ kind: 'finish', target, ownerName: 'unwatched' }, { signal })
      expect(await bench.read(target)).toEqual(NEW)
      const { metadata } = there(await bench.object(target))
      expect(metadata.annotations).toMatchObject({ 'alibabacloud.com/owner': `${cluster.namespace}/unwatched` })
      expect(metadata).not.toHaveProperty('ownerReferences')
    })
  })
})
