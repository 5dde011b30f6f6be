import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Name of a backend package that leaks its credential everywhere. */
export const LEAKY_PACKAGE = '@example/leaky'

/** Source of the package. Its credential is in a file that the environment names. */
const SOURCE = `
import { readFileSync } from 'node:fs'

export const backendPlugin = {
  contractVersion: 1,
  name: 'leaky',
  optionsSchema: {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => value.mode === 'unvalidated' ? fail() : { value },
    },
  },
  connect: ({ mode }, { env }) => {
    const credential = readFileSync(env.LEAKY_CREDENTIAL, 'utf8')
    if (mode === 'closed') throw new Error('cannot connect with ' + credential)
    return {
      key: mode,
      kind: 'leaky',
      quota: { account: 'leaky', region: '' },
      backend: {
        read: async ({ name }) => {
          if (name === 'throws') throw Object.assign(new TypeError('refused ' + credential), { body: credential })
          if (name === 'throws-text') throw credential
          if (name === 'forges') throw Object.assign(new Error(credential), { code: credential, facts: { requestId: credential } })
          if (name === 'no-bytes') return { bytes: credential, versionId: credential }
          if (name === 'crashes') setTimeout(() => { throw Object.assign(new Error('late ' + credential), { credential }) }, 1)
          if (name === 'rejects') void Promise.reject(new Error('late ' + credential))
          const bytes = new TextEncoder().encode(credential)
          return { bytes: { expose: () => bytes }, versionId: 'v1', versionStages: [], type: 'Generic', dataType: 'text' }
        },
        close: async () => { throw new Error('not closed with ' + credential) },
      },
    }
  },
}

function fail() {
  throw new Error('no validation with ' + readFileSync(process.env.LEAKY_CREDENTIAL, 'utf8'))
}
`

/** Installs the package into `node_modules` of a folder. */
export async function installLeakyPackage(directory: string): Promise<void> {
  const home = path.join(directory, 'node_modules', LEAKY_PACKAGE)
  await mkdir(home, { recursive: true })
  await writeFile(
    path.join(home, 'package.json'),
    JSON.stringify({ name: LEAKY_PACKAGE, type: 'module', exports: './index.js' }),
  )
  await writeFile(path.join(home, 'index.js'), SOURCE)
}
