import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { run } from '../testing/run.ts'

const STORE = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: { name: kms }
spec: { provider: { alibaba: { regionID: cn-hangzhou, auth: { secretRef: { accessKeyIDSecretRef: { name: k, key: id }, accessKeySecretSecretRef: { name: k, key: secret } } } } } }
`

it('two migrations into one directory: one fails, and removes nothing of the other', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `in/${index % 2 === 0 ? '' : 'below/'}${index}.yaml`)
  const cwd = await folderWith(Object.fromEntries(names.map((name) => [name, STORE])))
  const argv = ['migrate', '-f', 'in', '-R', '--out', 'new', '-o', 'json']
  const both = await Promise.all([run(argv, { cwd }), run(argv, { cwd })])
  const [failed, ...more] = both.filter(({ code }) => code === 2)
  expect(failed?.err).toBe('acksm: --out new: is not empty; use a new directory; see acksm migrate --help\n')
  expect(more).toEqual([])
  const written = await readdir(path.join(cwd, 'new'), { recursive: true, withFileTypes: true })
  expect(written.filter((entry) => entry.isFile())).toHaveLength(names.length)
})
