import { CANARY } from './run.ts'

const PLUGIN = `
export const backendPlugin = {
  contractVersion: 1,
  name: 'memory',
  optionsSchema: {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => Object.keys(value).length === 1 && typeof value.part === 'string'
        ? { value }
        : { issues: [{ message: 'expected a text', path: ['part'] }] },
    },
  },
  connect: ({ part }, { env }) => ({
    key: part,
    kind: 'memory',
    quota: { account: 'memory', region: '' },
    backend: {
      read: async ({ name }) => {
        if (name === 'app/broken') throw new TypeError('${CANARY}')
        const bytes = new TextEncoder().encode(env.PREFIX + '${CANARY}-' + part + '-' + name)
        return { bytes: { expose: () => bytes }, versionId: 'v1', versionStages: [], type: 'Generic', dataType: 'text' }
      },
      close: async () => undefined,
    },
  }),
}
`

/** Files of the backend package `@example/memory`: its values tell `PREFIX` of the environment, `part` of the config and the name. */
export const MEMORY_PACKAGE = {
  'node_modules/@example/memory/package.json': '{"name":"@example/memory","type":"module","exports":"./index.js"}',
  'node_modules/@example/memory/index.js': PLUGIN,
}
