import { jsonSchemas, parseExternalSecret, parseSecretStore } from '@ack-secret-manager/resources'
import { Ajv } from 'ajv'
import { globSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { folderWith } from '../testing/files.ts'
import { run } from '../testing/run.ts'
import { schemaFiles } from './schema-files.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const ajv = new Ajv({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
  validateFormats: false,
})
for (const [name, text] of schemaFiles()) ajv.addSchema(JSON.parse(text) as object, name)

/** Paths and messages of the errors of an object. */
function problemsOf(file: string, object: unknown): readonly string[] {
  const validate = ajv.getSchema(file)
  if (validate === undefined) throw new Error(`no schema ${file}`)
  return validate(object) === true ? [] : (validate.errors ?? []).map((each) => `${each.instancePath} ${each.message}`)
}

describe('the committed schemas', () => {
  it.each([...schemaFiles()])('%s is up to date (npm run generate -w apps/cli)', (name, text) => {
    expect(readFileSync(path.join(ROOT, 'schemas', name), 'utf8')).toBe(text)
  })
})

describe('the examples', () => {
  it.each(globSync('examples/**/*.{yaml,yml}', { cwd: ROOT, exclude: ['**/node_modules/**'] }))('%s', (file) => {
    const text = readFileSync(path.join(ROOT, file), 'utf8')
    const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? ''
    const location = path.resolve(ROOT, path.dirname(file), schema)
    expect(path.dirname(location)).toBe(path.join(ROOT, 'schemas'))
    for (const document of parseAllDocuments(text)) {
      expect(problemsOf(path.basename(location), document.toJS())).toEqual([])
    }
  })
})

const STORE = 'apiVersion: alibabacloud.com/v1alpha1\nkind: SecretStore\nmetadata: {name: kms}\n'
const SECRET = 'apiVersion: alibabacloud.com/v1alpha1\nkind: ExternalSecret\nmetadata: {name: web}\n'

describe('wrong manifests', () => {
  it.each([
    [
      'an unknown field',
      `${SECRET}spec: {data: [{key: a, nmae: b}]}`,
      '/spec/data/0 must NOT have additional properties',
    ],
    ['no key', `${SECRET}spec: {data: [{name: b}]}`, "/spec/data/0 must have required property 'key'"],
    ['another type', `${SECRET}spec: {data: {key: a}}`, '/spec/data must be array'],
    ['no spec', SECRET, " must have required property 'spec'"],
    [
      'an unknown field of a store',
      `${STORE}spec: {KMS: {regoin: a}}`,
      '/spec/KMS must NOT have additional properties',
    ],
  ])('%s', (_name, text, problem) => {
    const object: unknown = parse(text)
    expect(problemsOf('index.json', object)).toContain(problem)
    expect([parseExternalSecret(object).ok, parseSecretStore(object).ok]).toEqual([false, false])
  })

  it('are found by their kind or version', () => {
    const object = parse(`${SECRET}spec: {data: [{key: a, name: b}]}`) as Record<string, unknown>
    expect(problemsOf('index.json', object)).toEqual([])
    expect(problemsOf('index.json', { ...object, kind: 'ExternalSecrets' })).toContain(
      '/kind must be equal to one of the allowed values',
    )
    expect(problemsOf('index.json', { ...object, apiVersion: 'alibabacloud.com/v1' })).toContain(
      '/apiVersion must be equal to constant',
    )
    expect(problemsOf('index.json', { apiVersion: 'v1', kind: 'Secret' })).toEqual([])
  })
})

describe('acksm schema', () => {
  it('writes all schemas, and replaces them', async () => {
    const cwd = await folderWith({})
    const names = [...jsonSchemas().keys(), 'simulator-seed.json']
    for (let time = 0; time < 2; time += 1) {
      expect(await run(['schema', '--out', 'a/b'], { cwd })).toMatchObject({
        code: 0,
        out: names.map((name) => `a/b/${name}\n`).join(''),
        err: '',
      })
      expect((await readdir(path.join(cwd, 'a/b'))).toSorted()).toEqual(names.toSorted())
      const file = path.join(cwd, 'a/b/secretstore.json')
      expect(await readFile(file, 'utf8')).toBe(schemaFiles().get('secretstore.json'))
      await writeFile(file, (await readFile(file, 'utf8')).replace('SecretStore', 'of another version'))
    }
  })

  it('replaces no other file', async () => {
    const cwd = await folderWith({ 'out/index.json': '{}', file: '' })
    expect(await run(['schema', '--out', 'out'], { cwd })).toMatchObject({
      code: 2,
      out: '',
      err: 'acksm: --out out: index.json is not from acksm schema; use another directory\n',
    })
    expect(await readdir(path.join(cwd, 'out'))).toEqual(['index.json'])
    await mkdir(path.join(cwd, 'dir/index.json'), { recursive: true })
    expect((await run(['schema', '--out', 'dir'], { cwd })).err).toBe(
      'acksm: --out dir: index.json is not from acksm schema; use another directory\n',
    )
    expect(await readdir(path.join(cwd, 'dir'))).toEqual(['index.json'])
  })

  it.each([
    [['schema'], '--out DIR is required; see acksm schema --help'],
    [['schema', '--out', 'file'], '--out file: is a file, not a directory'],
    [['schema', '--out', 'file/x'], '--out file/x: a part of the path is a file, not a directory'],
    [['schema', '--out', 'x', '--force'], "unknown option '--force'; see acksm schema --help"],
  ])('acksm %j: one clear line, exit code 2', async (argv, message) => {
    const cwd = await folderWith({ file: '' })
    expect(await run(argv, { cwd })).toMatchObject({ code: 2, out: '', err: `acksm: ${message}\n` })
    expect(await readdir(cwd)).toEqual(['file'])
  })
})
