import { EventEmitter, once } from 'node:events'
import { lstat, mkdir, readdir, readFile, readlink, symlink, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { contentDigester, type ObservedSecret, type SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { createOf, patchOf, recordFor, there } from '@ack-secret-manager/testkit'
import { describe, expect, it } from 'vitest'
import { type Disk, nodeDisk } from './disk.ts'
import { FileSecretWriter } from './file-secret-writer.ts'
import { readTarget } from './read-target.ts'

const signal = new AbortController().signal
const digester = contentDigester()
const target = { namespace: 'team-a', name: 'db' }
const owner = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', name: 'db', uid: '' }

describe('the directory', () => {
  it('is created with private access and a marker', async () => {
    const directory = join(await directoryOfTest(), 'deep', 'out')
    await FileSecretWriter.open({ directory, digester })
    expect((await lstat(directory)).mode & 0o777).toBe(0o700)
    expect(await readdir(directory)).toEqual(['.ack-secret-manager'])
  })

  it('is written with the defaults of options that are undefined', async () => {
    const directory = await directoryOfTest()
    // TypeScript accepts this without `exactOptionalPropertyTypes`.
    const unset = {
      timeoutMs: undefined,
      maxTargets: undefined,
      clock: undefined,
      onCleanupFailed: undefined,
    } as object
    const writer = await FileSecretWriter.open({ directory, digester, ...unset })
    await writer.apply(createOf({ digester }, target, owner, { a: '1' }), { signal })
    expect(await readTarget(directory, target)).toEqual({ a: '1' })
    await writer.close()
  })

  it.each([
    ['timeoutMs', Number.NaN],
    ['timeoutMs', 0],
    ['timeoutMs', Infinity],
    ['maxTargets', -1],
    ['maxTargets', 1.5],
  ])('is not opened with the limit %s %d', async (limit, value) => {
    const directory = join(await directoryOfTest(), 'out')
    await expect(FileSecretWriter.open({ directory, digester, [limit]: value })).rejects.toThrow(
      new RangeError(`${limit}: expected a whole number ≥ 1, got ${value}`),
    )
    await expect(lstat(directory)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('is reused with its targets', async () => {
    const directory = await directoryOfTest()
    const first = await FileSecretWriter.open({ directory, digester })
    const written = await first.apply(createOf({ digester }, target, owner, { a: '1' }), { signal })
    const second = await FileSecretWriter.open({ directory, digester })
    expect([...second.owned()]).toEqual([written])
    expect(second.ownedBy('team-a', 'db')).toEqual([written])
  })

  it.each<[string, (directory: string) => Promise<string>]>([
    [
      'holds files',
      async (directory) => {
        await writeFile(join(directory, 'thesis.txt'), 'x')
        return directory
      },
    ],
    [
      'is a file',
      async (directory) => {
        await writeFile(join(directory, 'thesis.txt'), 'x')
        return join(directory, 'thesis.txt')
      },
    ],
    [
      'has a marker that is a link',
      async (directory) => {
        await symlink('/etc/hostname', join(directory, '.ack-secret-manager'))
        return directory
      },
    ],
    [
      'was created by another version',
      async (directory) => {
        await writeFile(join(directory, '.ack-secret-manager'), 'format 9')
        return directory
      },
    ],
  ])('is rejected unchanged when it %s', async (_what, prepare) => {
    const directory = await directoryOfTest()
    const refused = await prepare(directory)
    const before = await readdir(directory)
    const error = await FileSecretWriter.open({ directory: refused, digester }).catch(
      (thrown: SecretSyncError) => thrown,
    )
    expect(error).toMatchObject({ code: 'InvalidSpec', message: expect.stringContaining(refused) })
    expect(await readdir(directory)).toEqual(before)
  })

  it('has a limit on targets', async () => {
    const directory = await directoryOfTest()
    const writer = await FileSecretWriter.open({ directory, digester })
    for (const name of ['a', 'b']) {
      await writer.apply(createOf({ digester }, { namespace: 'n', name }, owner, { k: '1' }), { signal })
    }
    await expect(FileSecretWriter.open({ directory, digester, maxTargets: 1 })).rejects.toMatchObject({
      code: 'TooLarge',
    })
  })
})

describe('a target', () => {
  async function written(values: Record<string, string> = { a: 'geheim', b: '2' }) {
    const directory = await directoryOfTest()
    const writer = await FileSecretWriter.open({ directory, digester })
    const observed = there(await writer.apply(createOf({ digester }, target, owner, values), { signal }))
    return { directory, writer, observed, path: join(directory, 'team-a', 'db') }
  }

  it('has the layout of a kubelet volume, readable by its user only', async () => {
    const { path, observed } = await written()
    expect((await readdir(path)).toSorted()).toEqual(['..data', observed.resourceVersion, 'a', 'b'].toSorted())
    expect(await readlink(join(path, 'a'))).toBe('..data/a')
    expect(await readlink(join(path, '..data'))).toBe(observed.resourceVersion)
    for (const folder of [dirname(path), path, join(path, observed.resourceVersion)]) {
      expect((await lstat(folder)).mode & 0o777).toBe(0o700)
    }
    for (const file of ['a', 'b', '..meta.json']) {
      expect((await lstat(join(path, '..data', file))).mode & 0o777).toBe(0o600)
    }
  })

  it('has no value in its metadata file', async () => {
    const { path } = await written()
    const meta = await readFile(join(path, '..data', '..meta.json'), 'utf8')
    expect(meta).toContain('app/db')
    expect(meta).not.toContain('geheim')
    expect(meta).not.toContain(Buffer.from('geheim').toString('base64'))
  })

  it.each([
    [{ namespace: '..', name: 'x' }],
    [{ namespace: 'a/b', name: 'x' }],
    [{ namespace: 'a', name: '..' }],
    [{ namespace: 'a', name: '../../x' }],
    [{ namespace: 'a', name: '..data' }],
    [{ namespace: '.ack-secret-manager', name: 'x' }],
    [{ namespace: '', name: 'x' }],
    [{ namespace: 'a', name: 'x'.repeat(254) }],
  ])('cannot be %j', async (bad) => {
    const { directory, writer } = await written()
    const before = await readdir(directory)
    for (const result of [
      writer.apply(createOf({ digester }, bad, owner, { a: '1' }), { signal }),
      writer.observe(bad, { signal }),
    ]) {
      await expect(result).rejects.toMatchObject({ code: 'WriteFailed' })
    }
    expect(await readdir(directory)).toEqual(before)
  })

  it.each(['', '.', '..', '..data', '..meta.json', 'a/b', '../x', 'a\0b', 'ä', 'x'.repeat(254)])(
    'has no key %j',
    async (key) => {
      const { directory, writer, observed } = await written({ a: '1' })
      const record = recordFor(digester, target, { [key]: 'x' })
      await expect(
        writer.apply(patchOf(observed, owner, record, { set: { [key]: 'x' } }), { signal }),
      ).rejects.toMatchObject({
        code: 'InvalidKey',
      })
      expect(await readTarget(directory, target)).toEqual({ a: '1' })
    },
  )

  it.each([
    ['namespace', ['team-a']],
    ['target', ['team-a', 'db']],
  ])('is not written through a link in place of its %s folder', async (_what, segments) => {
    const directory = await directoryOfTest()
    const elsewhere = await directoryOfTest()
    const writer = await FileSecretWriter.open({ directory, digester })
    if (segments.length > 1) await mkdir(join(directory, 'team-a'))
    await symlink(elsewhere, join(directory, ...segments))
    const error = await writer
      .apply(createOf({ digester }, target, owner, { a: '1' }), { signal })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'WriteFailed', message: expect.stringContaining('symbolic link') })
    expect(await readdir(elsewhere)).toEqual([])
  })

  it('is not read or written through a planted version link', async () => {
    const { path, writer, directory } = await written()
    const elsewhere = await directoryOfTest()
    await writeFile(join(elsewhere, 'a'), 'planted')
    await unlink(join(path, '..data'))
    await symlink(elsewhere, join(path, '..data'))
    expect(await writer.observe(target, { signal })).toBeUndefined()
    await writer.apply(createOf({ digester }, target, owner, { a: '1', b: '2' }), { signal })
    expect(await readTarget(directory, target)).toEqual({ a: '1', b: '2' })
    expect(await readFile(join(elsewhere, 'a'), 'utf8')).toBe('planted')
  })

  it('neither reads nor carries a link that replaced a value', async () => {
    const { path, writer, directory, observed } = await written()
    const outside = join(await directoryOfTest(), 'shadow')
    await writeFile(outside, 'outside')
    await unlink(join(path, '..data', 'a'))
    await symlink(outside, join(path, '..data', 'a'))
    const seen = there(await writer.observe(target, { signal }))
    expect(seen.drifted).toEqual(['a'])
    const record = recordFor(digester, target, { a: 'geheim', b: '3' })
    await writer.apply(patchOf(seen, owner, record, { set: { b: '3' } }), { signal })
    expect(await readTarget(directory, target)).toEqual({ b: '3' })
    expect(await readFile(outside, 'utf8')).toBe('outside')
    expect(seen.uid).toBe(observed.uid)
  })

  it('reports a replaced file as drift and restores its value', async () => {
    const { path, writer, directory } = await written()
    await unlink(join(path, 'a'))
    await writeFile(join(path, 'a'), 'eve')
    const seen = there(await writer.observe(target, { signal }))
    expect(seen).toMatchObject({ drifted: ['a'], foreignKeys: new Set() })
    await writer.apply(
      patchOf(seen, owner, recordFor(digester, target, { a: 'geheim', b: '2' }), { set: { a: 'geheim' } }),
      { signal },
    )
    expect(await readTarget(directory, target)).toEqual({ a: 'geheim', b: '2' })
    expect((await lstat(join(path, 'a'))).isSymbolicLink()).toBe(true)
  })

  it('has no owner when its metadata is malformed, and keeps its values', async () => {
    const { path, writer, directory } = await written()
    await writeFile(join(path, '..data', '..meta.json'), '{"format":1,"uid":7}')
    const seen = there(await writer.observe(target, { signal }))
    expect(seen).toMatchObject({
      records: new Map(),
      metadataDrifted: true,
      foreignKeys: new Set(['a', 'b']),
      type: undefined,
    })
    expect(await readTarget(directory, target)).toEqual({ a: 'geheim', b: '2' })
  })

  it('keeps foreign files in an existing folder and reports them', async () => {
    const directory = await directoryOfTest()
    const writer = await FileSecretWriter.open({ directory, digester })
    await mkdir(join(directory, 'team-a', 'db'), { recursive: true })
    await writeFile(join(directory, 'team-a', 'db', 'theirs'), 'x')
    const seen = there(await writer.observe(target, { signal }))
    expect(seen).toMatchObject({ records: new Map(), foreignKeys: new Set(['theirs']), controller: undefined })
    await expect(writer.apply(createOf({ digester }, target, owner, { a: '1' }), { signal })).rejects.toMatchObject({
      code: 'Conflict',
    })
    const merged = there(
      await writer.apply(
        patchOf(seen, owner, recordFor(digester, target, { a: '1' }, { creation: 'merge' }), { set: { a: '1' } }),
        { signal },
      ),
    )
    expect(await readTarget(directory, target)).toEqual({ a: '1', theirs: 'x' })
    await writer.apply(
      {
        kind: 'release',
        target,
        ownerName: 'db',
        how: 'delete',
        removeKeys: [],
        ifUid: merged.uid,
        ifResourceVersion: merged.resourceVersion,
      },
      { signal },
    )
    expect(await readTarget(directory, target)).toEqual({ theirs: 'x' })
  })

  it.each([
    ['EACCES', 'WriteDenied'],
    ['EROFS', 'WriteDenied'],
    ['ENOSPC', 'WriteFailed'],
    ['EIO', 'WriteFailed'],
  ])('maps the file system error %s to %s', async (errno, code) => {
    const { directory, observed, path } = await written()
    const makeDirectory = (at: string): Promise<void> =>
      Promise.reject(Object.assign(new Error('no'), { code: errno, path: at }))
    const writer = await FileSecretWriter.open({ directory, digester, disk: { ...nodeDisk, makeDirectory } })
    const patch = patchOf(observed, owner, recordFor(digester, target, { a: 'other' }), { set: { a: 'other' } })
    const error = await writer.apply(patch, { signal }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, message: expect.stringContaining(path), facts: { remoteCode: errno } })
    expect(await readTarget(directory, target)).toEqual({ a: 'geheim', b: '2' })
  })

  it('reports old plaintext that could not be removed, and removes it with the next write', async () => {
    const { directory, observed, path } = await written()
    const failures: SecretSyncError[] = []
    const removeFile = (at: string): Promise<void> =>
      Promise.reject(Object.assign(new Error('no'), { code: 'EPERM', path: at }))
    const hindered = await FileSecretWriter.open({
      directory,
      digester,
      disk: { ...nodeDisk, removeFile },
      onCleanupFailed: (error) => failures.push(error),
    })
    const change = (from: ObservedSecret, value: string) =>
      patchOf(from, owner, recordFor(digester, target, { a: value, b: '2' }), { set: { a: value } })
    const after = there(await hindered.apply(change(observed, 'new'), { signal }))
    expect(await readTarget(directory, target)).toEqual({ a: 'new', b: '2' })
    expect(failures).toMatchObject([{ code: 'WriteDenied', message: expect.stringContaining(path) }])
    const free = await FileSecretWriter.open({ directory, digester })
    const last = there(await free.apply(change(after, 'last'), { signal }))
    expect((await readdir(path)).toSorted()).toEqual(['..data', last.resourceVersion, 'a', 'b'].toSorted())
  })

  it('stops at the deadline and changes nothing afterwards', async () => {
    const { directory, observed } = await written()
    const clock = new ManualClock()
    const hanging = new EventEmitter()
    const started = once(hanging, 'started')
    const released = once(hanging, 'released')
    const disk: Disk = {
      ...nodeDisk,
      makeDirectory: async (at) => {
        hanging.emit('started')
        await released
        return nodeDisk.makeDirectory(at)
      },
    }
    const writer = await FileSecretWriter.open({ directory, digester, disk, clock, timeoutMs: 1_000 })
    const patch = patchOf(observed, owner, recordFor(digester, target, { a: 'late' }), { set: { a: 'late' } })
    const result = writer.apply(patch, { signal }).catch((thrown: unknown) => thrown)
    await started
    await clock.advance(1_000)
    expect(await result).toMatchObject({ code: 'Timeout' })
    hanging.emit('released')
    await writer.close()
    expect(await readTarget(directory, target)).toEqual({ a: 'geheim', b: '2' })
  })

  it('keeps the unfinished version of another running process', async () => {
    const { path, writer, observed } = await written()
    const theirs = `..2026_01_01_00_00_00.${process.ppid}-0a0b0c0d`
    const dead = '..2026_01_01_00_00_00.999999999-0a0b0c0d'
    for (const folder of [theirs, dead]) {
      await mkdir(join(path, folder))
      await writeFile(join(path, folder, 'a'), 'x')
    }
    await writer.apply(
      patchOf(observed, owner, recordFor(digester, target, { a: 'new', b: '2' }), { set: { a: 'new' } }),
      { signal },
    )
    const entries = await readdir(path)
    expect(entries).toContain(theirs)
    expect(entries).not.toContain(dead)
    expect(entries).not.toContain(observed.resourceVersion)
  })

  it('serializes writes', async () => {
    const { directory, writer, observed } = await written({ a: '0' })
    const results = await Promise.allSettled(
      ['1', '2', '3'].map((value) =>
        writer.apply(patchOf(observed, owner, recordFor(digester, target, { a: value }), { set: { a: value } }), {
          signal,
        }),
      ),
    )
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(await readTarget(directory, target)).toEqual({ a: '1' })
    await writer.close()
  })
})
