import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { kubeconfigCredentials } from './kubeconfig.ts'

const now = { signal: new AbortController().signal, fresh: false }
const again = { ...now, fresh: true }

describe('kubeconfigCredentials', () => {
  let directory: string
  let file: string
  beforeEach(async () => {
    directory = await directoryOfTest()
    file = path.join(directory, 'config')
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
  })

  const write = (user: object, cluster: object = {}): Promise<void> =>
    writeFile(
      file,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'dev',
        contexts: [
          { name: 'dev', context: { cluster: 'here', user: 'me', namespace: 'team' } },
          { name: 'prod', context: { cluster: 'there', user: 'me' } },
          { name: 'broken', context: { cluster: 'nowhere', user: 'me' } },
          { name: 'userless', context: { cluster: 'here', user: 'gone' } },
        ],
        clusters: [
          {
            name: 'here',
            cluster: { server: 'https://here:6443/', 'certificate-authority-data': btoa('CA'), ...cluster },
          },
          { name: 'there', cluster: { server: 'https://there/prefix', 'proxy-url': 'http://proxy:3128' } },
        ],
        users: [{ name: 'me', user }],
      }),
    )
  /** A login command that prints another token on each run. */
  const command = async (body: string): Promise<object> => {
    const script = path.join(directory, 'login.mjs')
    await writeFile(script, body)
    return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [script] } }
  }

  it('uses server, token and certificate of the context', async () => {
    await write(
      { token: 't-1', 'client-certificate-data': btoa('CERT'), 'client-key-data': btoa('KEY') },
      { 'tls-server-name': 'kube' },
    )
    const source = await kubeconfigCredentials({ kubeconfigPath: file })
    const { server, tls, headers } = await source.load(now)
    expect(source).toMatchObject({ namespace: 'team', description: `kubeconfig ${file}, context dev` })
    expect([server, tls.ca?.toString(), tls.servername]).toEqual(['https://here:6443', 'CA', 'kube'])
    expect([String(tls.cert?.expose()), String(tls.key?.expose())]).toEqual(['CERT', 'KEY'])
    expect(headers.expose()).toEqual({ authorization: 'Bearer t-1' })
  })

  it('keeps its context after another one is selected in the file', async () => {
    await write({ token: 't-1' })
    const source = await kubeconfigCredentials({ kubeconfigPath: file })
    await source.load(now)
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('"current-context":"dev"', '"current-context":"prod"').replace('t-1', 't-2'))
    for (const load of [now, again]) {
      const { server, headers } = await source.load(load)
      expect([server, headers.expose().authorization]).toEqual(['https://here:6443', 'Bearer t-2'])
    }
  })

  it('uses a replaced file at the next load, without a rejection', async () => {
    await write({ token: 't-1' })
    const source = await kubeconfigCredentials({ kubeconfigPath: file })
    await source.load(now)
    await write({ token: 't-2' }, { 'certificate-authority-data': btoa('OTHER') })
    const { server, tls, headers } = await source.load(now)
    expect([server, String(tls.ca), headers.expose().authorization]).toEqual([
      'https://here:6443',
      'OTHER',
      'Bearer t-2',
    ])
  })

  it('stays with its cluster, and says so once, after the context begins to name another one', async () => {
    const messages: string[] = []
    const onOtherCluster = (message: string): unknown => messages.push(message)
    await write({ token: 't-1' })
    const source = await kubeconfigCredentials({ kubeconfigPath: file, onOtherCluster })
    await source.load(now)
    for (const [load, token] of [
      [now, 'canary-8d1f'],
      [again, 'canary-8d1f'],
      [now, 'canary-other'],
    ] as const) {
      await write(
        { token },
        { server: 'https://canary:canary@other:6443/?canary', 'certificate-authority-data': btoa('OTHER') },
      )
      const { server, tls, headers } = await source.load(load)
      expect([server, String(tls.ca), headers.expose().authorization]).toEqual([
        'https://here:6443',
        'CA',
        'Bearer t-1',
      ])
    }
    expect(messages).toEqual([
      `kubeconfig ${file}: context "dev" now names another cluster, https://other:6443; this process stays with https://here:6443; start it again to use the other one`,
    ])
    await write({ token: 't-2' })
    expect((await source.load(now)).headers.expose()).toEqual({ authorization: 'Bearer t-2' })
  })

  it('replaces rejected credentials of its cluster, although the context names another one', async () => {
    const runs = path.join(directory, 'runs')
    await write(
      await command(`
        import { appendFileSync, readFileSync } from 'node:fs'
        appendFileSync(${JSON.stringify(runs)}, 'x')
        const token = 't-' + readFileSync(${JSON.stringify(runs)}, 'utf8').length
        console.log(JSON.stringify({ kind: 'ExecCredential', status: { token } }))`),
    )
    const source = await kubeconfigCredentials({ kubeconfigPath: file })
    await source.load(now)
    await write({ token: 'other' }, { server: 'https://other:6443' })
    for (const [load, token] of [
      [now, 't-1'],
      [again, 't-2'],
      [now, 't-2'],
    ] as const) {
      expect((await source.load(load)).headers.expose()).toEqual({ authorization: `Bearer ${token}` })
    }
  })

  it('names a path that leads nowhere, at the start and later', async () => {
    const reason = 'cannot be read (ELOOP); check the file'
    await symlink(file, file)
    await expect(kubeconfigCredentials({ kubeconfigPath: file })).rejects.toMatchObject({
      code: 'InvalidSpec',
      message: expect.stringContaining(reason),
    })
    await rm(file)
    await write({ token: 't-1' })
    const source = await kubeconfigCredentials({ kubeconfigPath: file })
    await rm(file)
    await symlink(file, file)
    await expect(source.load(now)).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringContaining(reason),
    })
  })

  it.each([
    ['is cut', '{"users": [ {canary-8d1f', /: is not valid YAML/],
    ['is empty', '', /: has several YAML documents or none/],
    ['has no such context any more', '{"clusters": []}', /: no context "dev"; it has no contexts/],
  ])('reports missing credentials, not an invalid resource, while a replaced file %s', async (_what, text, message) => {
    await write({ token: 't-1' })
    const source = await kubeconfigCredentials({ kubeconfigPath: file })
    await source.load(now)
    await writeFile(file, text)
    for (const load of [now, again]) {
      await expect(source.load(load)).rejects.toMatchObject({
        code: 'Unauthenticated',
        message: expect.stringMatching(message),
      })
    }
    await write({ token: 't-2' })
    expect((await source.load(now)).headers.expose()).toEqual({ authorization: 'Bearer t-2' })
  })

  it.each([
    ['a user name and password', { username: 'u', password: 'p' }, { authorization: `Basic ${btoa('u:p')}` }],
    ['a user to impersonate', { token: 't', as: 'other' }, { authorization: 'Bearer t', 'impersonate-user': 'other' }],
  ])('uses %s', async (_what, user, headers) => {
    await write(user)
    expect((await (await kubeconfigCredentials({ kubeconfigPath: file })).load(now)).headers.expose()).toEqual(headers)
  })

  it('uses another context with its proxy', async () => {
    await write({ token: 't' })
    const source = await kubeconfigCredentials({ kubeconfigPath: file, context: 'prod' })
    expect(await source.load(now)).toMatchObject({ server: 'https://there/prefix', proxyUrl: 'http://proxy:3128' })
  })

  it('runs a login command once, and again after its token is rejected', async () => {
    await write(
      await command(`
        import { appendFileSync, readFileSync } from 'node:fs'
        appendFileSync(${JSON.stringify(path.join(directory, 'runs'))}, 'x')
        const token = 't-' + readFileSync(${JSON.stringify(path.join(directory, 'runs'))}, 'utf8').length
        console.log(JSON.stringify({ kind: 'ExecCredential', status: { token } }))`),
    )
    const source = await kubeconfigCredentials({ kubeconfigPath: file })
    const tokens = [await source.load(now), await source.load(now), await source.load(again)]
    expect(tokens.map(({ headers }) => headers.expose().authorization)).toEqual([
      'Bearer t-1',
      'Bearer t-1',
      'Bearer t-2',
    ])
    expect(await readFile(path.join(directory, 'runs'), 'utf8')).toBe('xx')
    // As `kubectl config use-context` does.
    await writeFile(file, (await readFile(file, 'utf8')).replace('"dev"', '"prod"'))
    expect((await source.load(now)).headers.expose()).toEqual({ authorization: 'Bearer t-2' })
  })

  it('reads a replaced token file, immediately if the old token was rejected', async () => {
    const tokenFile = path.join(directory, 'token')
    await writeFile(tokenFile, 't-1')
    await write({ 'auth-provider': { name: 'tokenFile', config: { tokenFile } } })
    const source = await kubeconfigCredentials({ kubeconfigPath: file })
    expect((await source.load(now)).headers.expose()).toEqual({ authorization: 'Bearer t-1' })
    await writeFile(tokenFile, 't-2')
    expect((await source.load(again)).headers.expose()).toEqual({ authorization: 'Bearer t-2' })
  })

  describe('with tokenFile of the user', () => {
    const tokenOf = async (kubeconfigPath?: string, load = now): Promise<string | undefined> =>
      (await (await kubeconfigCredentials({ kubeconfigPath })).load(load)).headers.expose().authorization

    it('reads a relative path from the folder of the kubeconfig, and prefers it to token', async () => {
      await writeFile(path.join(directory, 'token'), 'from-file\n')
      await write({ tokenFile: 'token', token: 'from-config' })
      expect(await tokenOf(file)).toBe('Bearer from-file')
      await write({ tokenFile: path.join(directory, 'token') })
      expect(await tokenOf(file)).toBe('Bearer from-file')
    })

    it('finds it in each file of KUBECONFIG', async () => {
      const users = path.join(directory, 'users', 'config')
      await mkdir(path.dirname(users))
      await writeFile(path.join(directory, 'users', 'token'), 'from-users')
      await writeFile(users, 'users:\n- name: other\n  user: {tokenFile: token}\n')
      await write({ token: 'from-config' })
      const text = await readFile(file, 'utf8')
      await writeFile(file, text.replaceAll('"user":"me"', '"user":"other"'))
      vi.stubEnv('KUBECONFIG', [file, users].join(path.delimiter))
      expect(await tokenOf()).toBe('Bearer from-users')
    })

    it('reads a replaced file at each load', async () => {
      const tokenFile = path.join(directory, 'token')
      await write({ tokenFile })
      const source = await kubeconfigCredentials({ kubeconfigPath: file })
      for (const [token, load] of [
        ['t-1', now],
        ['t-2', now],
        ['t-3', again],
      ] as const) {
        await writeFile(tokenFile, token)
        expect((await source.load(load)).headers.expose()).toEqual({ authorization: `Bearer ${token}` })
      }
    })

    it.each([
      ['missing', undefined, 'cannot be read (ENOENT)'],
      ['empty', ' \n', 'is empty'],
      ['not a token', 'canary-8d1f\ncanary-8d1f', 'is not a token'],
    ])('reports a file that is %s', async (_what, content, reason) => {
      const tokenFile = path.join(directory, 'token')
      if (content !== undefined) await writeFile(tokenFile, content)
      await write({ tokenFile })
      await expect(tokenOf(file)).rejects.toMatchObject({
        code: 'Unauthenticated',
        message: `kubeconfig ${file}: no credentials for context dev: tokenFile of user "me" ${reason}: ${tokenFile}; write a token to the file`,
      })
    })

    it('uses token until the file was read once', async () => {
      const tokenFile = path.join(directory, 'token')
      await write({ tokenFile, token: 'from-config' })
      const source = await kubeconfigCredentials({ kubeconfigPath: file })
      expect((await source.load(now)).headers.expose()).toEqual({ authorization: 'Bearer from-config' })
      await writeFile(tokenFile, 'from-file')
      expect((await source.load(now)).headers.expose()).toEqual({ authorization: 'Bearer from-file' })
      await rm(tokenFile)
      await expect(source.load(again)).rejects.toThrow('cannot be read (ENOENT)')
    })
  })

  it.each([
    [
      'a certificate',
      { token: 't' },
      { 'certificate-authority-data': undefined, 'certificate-authority': '/none.pem' },
      ' (ENOENT: /none.pem)',
    ],
    [
      'a login command that does not exist',
      { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-login' } },
      {},
      ' from the login command no-such-login (ENOENT: no-such-login)',
    ],
    [
      'a login command that prints something else',
      { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'echo', args: ['canary-8d1f'] } },
      {},
      ' from the login command echo (SyntaxError)',
    ],
    ['an old provider', { 'auth-provider': { name: 'gcp' } }, {}, ' from auth-provider gcp (TypeError)'],
  ])('says what gives no credentials: %s', async (_what, user, cluster, cause) => {
    await write(user, cluster)
    await expect((await kubeconfigCredentials({ kubeconfigPath: file })).load(now)).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: `kubeconfig ${file}: no credentials for context dev${cause}; check that kubectl works with it`,
    })
  })

  it('ends a login command when the load is given up', async () => {
    await write(
      await command(`
        import { writeFileSync } from 'node:fs'
        writeFileSync(${JSON.stringify(path.join(directory, 'pid'))}, String(process.pid))
        setInterval(() => undefined, 60_000)`),
    )
    const giveUp = new AbortController()
    const output: string[] = []
    const source = await kubeconfigCredentials({ kubeconfigPath: file, onLoginOutput: (text) => output.push(text) })
    const load = source.load({ ...now, signal: giveUp.signal })
    const pid = await vi.waitUntil(
      async () => Number(await readFile(path.join(directory, 'pid'), 'utf8').catch(() => '')),
      60_000,
    )
    giveUp.abort()
    await expect(load).rejects.toMatchObject({ code: 'Unauthenticated' })
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(output).toEqual([`the login command ${process.execPath} did not end, and was stopped\n`])
  })

  it('kills a login command that ignores SIGTERM', async () => {
    await write(
      await command(`
        import { writeFileSync } from 'node:fs'
        process.on('SIGTERM', () => undefined)
        writeFileSync(${JSON.stringify(path.join(directory, 'pid'))}, String(process.pid))
        setInterval(() => undefined, 60_000)`),
    )
    const giveUp = new AbortController()
    const load = (await kubeconfigCredentials({ kubeconfigPath: file })).load({ ...now, signal: giveUp.signal })
    const pid = await vi.waitUntil(
      async () => Number(await readFile(path.join(directory, 'pid'), 'utf8').catch(() => '')),
      60_000,
    )
    giveUp.abort()
    await expect(load).rejects.toMatchObject({ code: 'Unauthenticated' })
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 60_000)
  })

  it('ends a login command that prints without end', async () => {
    await write({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'yes', args: ['canary-8d1f'] } })
    const error = await (
      await kubeconfigCredentials({ kubeconfigPath: file })
    )
      .load(now)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'Unauthenticated' })
    expect(String(error)).not.toContain('canary')
  })

  it('passes on what a login command asks of the user, and not its token', async () => {
    await write(
      await command(`
        console.error('enter the code ABCD')
        console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: 'canary-8d1f' } }))`),
    )
    const output: string[] = []
    await (await kubeconfigCredentials({ kubeconfigPath: file, onLoginOutput: (text) => output.push(text) })).load(now)
    expect(output.join('')).toBe('enter the code ABCD\n')
  })

  it('does not report the output of a failing login command', async () => {
    await write(await command(`console.error('canary-8d1f'); process.exit(1)`))
    const error = await (
      await kubeconfigCredentials({ kubeconfigPath: file })
    )
      .load(now)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringContaining('check that kubectl works'),
    })
    expect(JSON.stringify([String(error), (error as Error).cause])).not.toContain('canary')
  })

  it.each([
    ['a context that does not exist', 'staging', /no context "staging"; it has dev, prod, broken, userless/],
    ['a context without a cluster', 'broken', /names a cluster that has no server/],
    ['a context without a user', 'userless', /names a user that does not exist/],
  ])('rejects %s', async (_what, context, message) => {
    await write({ token: 't' })
    await expect(kubeconfigCredentials({ kubeconfigPath: file, context })).rejects.toThrow(message)
  })

  it('refuses to send credentials in clear text', async () => {
    await write({ token: 't' }, { server: 'http://here' })
    await expect(kubeconfigCredentials({ kubeconfigPath: file })).rejects.toThrow(/clear text/)
  })

  it.each([
    ['a missing bracket', 'users: [ {canary-8d1f', ':1:22: is not valid YAML; correct the file'],
    ['a tab', 'users:\n\t- canary-8d1f: x\n', ':2:1: is not valid YAML; correct the file'],
    ['an unknown alias', 'users: *canary-8d1f\n', ':1:9: is not valid YAML; correct the file'],
    ['a key twice', 'users: []\nusers: [canary-8d1f]\n', ':2:1: is not valid YAML; correct the file'],
    ['two documents', 'a: 1\n---\nb: canary-8d1f\n', ': has several YAML documents or none; keep one'],
    ['nothing', '', ': has several YAML documents or none; keep one'],
    ['an entry that is none', 'users: [canary-8d1f]\n', ': users[0].name is missing; correct the file'],
    ['an empty entry', 'contexts: [null]\n', ': cannot be read (TypeError); check the file'],
  ])('reports the place of %s, without quoting it', async (_what, text, message) => {
    await writeFile(file, text)
    const error = await kubeconfigCredentials({ kubeconfigPath: file }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'InvalidSpec', message: `kubeconfig ${file}${message}` })
    expect((error as Error).cause).toBeUndefined()
  })

  it('names the file of KUBECONFIG that is not valid', async () => {
    await write({ token: 't' })
    const other = path.join(directory, 'other')
    await writeFile(other, 'users: [\n')
    vi.stubEnv('KUBECONFIG', [file, other].join(path.delimiter))
    await expect(kubeconfigCredentials()).rejects.toThrow(`kubeconfig ${other}:2:1: is not valid YAML`)
    vi.stubEnv('KUBECONFIG', `${other}-absent`)
    await expect(kubeconfigCredentials()).rejects.toThrow(`kubeconfig ${other}-absent: cannot be read (ENOENT)`)
  })

  describe('several files of KUBECONFIG', () => {
    const entries = (name: string, token: string, current?: string): string =>
      JSON.stringify({
        'current-context': current,
        contexts: [{ name, context: { cluster: 'kubernetes', user: 'admin' } }],
        clusters: [{ name: 'kubernetes', cluster: { server: `https://${name}:6443` } }],
        users: [{ name: 'admin', user: { token } }],
      })
    const use = async (...texts: readonly (string | undefined)[]): Promise<{ context?: string; server: string }> => {
      const files = texts.map((_text, index) => path.join(directory, `config-${index}`))
      for (const [index, text] of texts.entries()) if (text !== undefined) await writeFile(files[index] ?? '', text)
      vi.stubEnv('KUBECONFIG', files.join(path.delimiter))
      const source = await kubeconfigCredentials()
      const { server, headers } = await source.load(now)
      return { context: source.context ?? '', server: `${server} ${headers.expose()['authorization']}` }
    }
    const one = entries('one', 'ONE', 'one')
    const two = entries('two', 'TWO', 'two')

    it.each([
      ['uses the current context of the first', [one, two], 'one', 'https://one:6443 Bearer ONE'],
      ['uses the first cluster and user of a name', [two, one], 'two', 'https://two:6443 Bearer TWO'],
      ['ignores missing and empty files', [undefined, '', one, undefined], 'one', 'https://one:6443 Bearer ONE'],
      ['finds the current context in a later one', [entries('one', 'ONE'), two], 'two', 'https://one:6443 Bearer ONE'],
    ])('%s, as kubectl', async (_rule, texts, context, server) => {
      expect(await use(...texts)).toEqual({ context, server })
    })

    it('takes no token file of a later user of the same name', async () => {
      const later = JSON.stringify({ users: [{ name: 'admin', user: { tokenFile: 'token' } }] })
      await writeFile(path.join(directory, 'token'), 'LATER')
      expect((await use(one, later)).server).toBe('https://one:6443 Bearer ONE')
    })
  })

  it('rejects a file that is missing or not a kubeconfig, without quoting it', async () => {
    await expect(kubeconfigCredentials({ kubeconfigPath: path.join(directory, 'absent') })).rejects.toMatchObject({
      code: 'InvalidSpec',
      message: expect.stringContaining('ENOENT'),
    })
    await writeFile(file, 'users: [ {canary-8d1f')
    const error = await kubeconfigCredentials({ kubeconfigPath: file }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'InvalidSpec' })
    expect(JSON.stringify([String(error), (error as Error).cause])).not.toContain('canary')
  })
})
