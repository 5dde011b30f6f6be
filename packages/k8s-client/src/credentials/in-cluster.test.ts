import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { beforeEach, describe, expect, it } from 'vitest'
import { inClusterCredentials } from './in-cluster.ts'

const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }
const call = { signal: new AbortController().signal, fresh: false }

describe('inClusterCredentials', () => {
  let directory: string
  const put = (name: string, text: string): Promise<void> => writeFile(path.join(directory, name), text)
  beforeEach(async () => {
    directory = await directoryOfTest()
    await Promise.all([put('ca.crt', 'CA'), put('token', 'one\n'), put('namespace', 'ops\n')])
  })

  it('reads the ServiceAccount token again at every load', async () => {
    const source = await inClusterCredentials(env, directory)
    const first = await source.load(call)
    expect(source.namespace).toBe('ops')
    expect(first).toMatchObject({ server: 'https://10.0.0.1:443', tls: { ca: Buffer.from('CA') } })
    expect(first.headers.expose()).toEqual({ authorization: 'Bearer one' })
    await put('token', 'two')
    expect((await source.load(call)).headers.expose()).toEqual({ authorization: 'Bearer two' })
  })

  it('encloses an IPv6 address in brackets', async () => {
    const source = await inClusterCredentials({ ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' }, directory)
    expect((await source.load(call)).server).toBe('https://[fd00::1]:443')
  })

  it('names the missing variable or file', async () => {
    await expect(inClusterCredentials({}, directory)).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringContaining('KUBERNETES_SERVICE_HOST'),
    })
    const source = await inClusterCredentials(env, directory)
    await rm(path.join(directory, 'token'))
    await expect(source.load(call)).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringContaining('token: ENOENT'),
    })
  })

  it.each(['token', 'ca.crt'])('refuses an empty %s', async (name) => {
    const source = await inClusterCredentials(env, directory)
    await put(name, '\n')
    await expect(source.load(call)).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringContaining(`${name}: is empty`),
    })
  })
})
