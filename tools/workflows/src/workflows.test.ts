import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly uses?: string
  readonly needs?: string | readonly string[]
  readonly 'timeout-minutes'?: number
  readonly environment?: string
  readonly strategy?: { readonly matrix?: Readonly<Record<string, readonly string[]>> }
  readonly permissions?: Readonly<Record<string, string>>
  readonly steps?: readonly Step[]
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions?: object
  readonly jobs: Readonly<Record<string, Job>>
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const textOf = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')
const WORKFLOWS = globSync('.github/workflows/*', { cwd: ROOT }).toSorted()
const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }

describe.each(WORKFLOWS)('%s', (file) => {
  const text = textOf(file)
  const { on, permissions, jobs } = parse(text) as Workflow
  const steps = Object.values(jobs).flatMap((job) => job.steps ?? [])

  it('pins each action by commit, with its version', () => {
    const uses = [...text.matchAll(/uses: (?!\.\/)(.*)$/gm)].map(([, action = '']) => action)
    expect(uses.length).toBeGreaterThan(0)
    expect(uses.filter((action) => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([])
  })

  it('gives permissions to jobs, and each job a deadline', () => {
    expect(permissions).toEqual({})
    for (const { uses, ...job } of Object.values(jobs)) {
      expect(job.permissions).toBeDefined()
      if (uses === undefined) expect(job['timeout-minutes']).toBeLessThan(360)
    }
  })

  it('never runs with the token of the repository on code of a stranger', () => {
    expect(Object.keys(on)).not.toContain('pull_request_target')
    expect(Object.keys(on)).not.toContain('workflow_run')
    const checkouts = steps.filter((step) => step.uses?.startsWith('actions/checkout@'))
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([])
  })

  it('calls scripts and files that exist', () => {
    const called = steps.flatMap(({ run = '' }) => [...run.matchAll(/npm run (?:--silent )?([a-z][\w-]*)/g)])
    expect(called.map(([, script = '']) => script).filter((script) => scripts[script] === undefined)).toEqual([])
    const programs = steps.flatMap(({ run = '' }) => [...run.matchAll(/(?:node |^| |\()(tools\/[\w./-]+)/gm)])
    for (const [, program = ''] of programs) expect(textOf(program)).not.toBe('')
  })
})

it('only approved jobs publish and get an identity', () => {
  const { jobs } = parse(textOf('.github/workflows/release.yml')) as Workflow
  const writing = Object.entries(jobs).filter(([, job]) => Object.values(job.permissions ?? {}).includes('write'))
  expect(writing.map(([name]) => name)).toEqual(['npm', 'image', 'chart', 'github'])
  for (const [, { environment }] of writing) expect(environment).toBe('release')
  const identified = Object.entries(jobs).filter(([, job]) => job.permissions?.['id-token'] !== undefined)
  expect(identified.map(([name]) => name)).toEqual(['npm', 'image', 'chart', 'github'])
  // Nothing that is installed from a registry runs next to the token of npm.
  const commands = jobs['npm']?.steps?.flatMap(({ run }) => run ?? []) ?? []
  expect(commands).toEqual([expect.stringMatching(/^node tools\/release\/src\/npm\/publish-packages\.ts /)])
})

it('a repeated job moves no published tag', () => {
  const { jobs } = parse(textOf('.github/workflows/release.yml')) as Workflow
  const commandsOf = (job: string): string => jobs[job]?.steps?.map(({ run = '' }) => run).join('\n') ?? ''
  for (const [job, publishes] of [
    ['image', 'imagetools create --tag'],
    ['chart', 'helm push'],
  ] as const) {
    const commands = commandsOf(job)
    expect(commands).toContain('published-tag.ts')
    expect(commands.indexOf(publishes)).toBeGreaterThan(commands.indexOf('published-tag.ts'))
  }
  // Signed before anyone can pull it by its tag, and not tagged by the build.
  expect(commandsOf('image').indexOf('imagetools create')).toBeGreaterThan(commandsOf('image').indexOf('cosign sign'))
  const build = jobs['image']?.steps?.find(({ uses }) => uses?.startsWith('docker/build-push-action@'))
  expect(build?.with).toMatchObject({ outputs: expect.stringContaining('push-by-digest=true') as string })
  expect(build?.with).not.toHaveProperty('tags')
  expect(build?.with).not.toHaveProperty('push')
})

it('the tag is verified before anything else, by the keys of main', () => {
  const { jobs } = parse(textOf('.github/workflows/release.yml')) as Workflow
  expect(jobs['tag']?.steps?.at(-1)?.run).toContain(
    'tools/release/src/tag/verify-tag.sh "$GITHUB_REF_NAME" "$GITHUB_SHA"',
  )
  expect(textOf('.github/allowed_signers')).toMatch(/^# /)
  const direct = Object.entries(jobs).filter(
    ([name, job]) => name !== 'tag' && [job.needs].flat().every((need) => need === undefined),
  )
  expect(direct).toEqual([])
})

it('Dependabot updates every Go module, and nothing else of Go', () => {
  const { updates } = parse(textOf('.github/dependabot.yml')) as {
    updates: ReadonlyArray<{ 'package-ecosystem': string; directories?: readonly string[] }>
  }
  const modules = globSync('{packages,tools,e2e}/*/go/go.mod', { cwd: ROOT }).map((file) => `/${path.dirname(file)}`)
  expect(updates.find((each) => each['package-ecosystem'] === 'gomod')?.directories).toEqual(modules.toSorted())
})

it('runs each stage of the nightly run in one job', () => {
  const { jobs } = parse(textOf('.github/workflows/nightly.yml')) as Workflow
  const help = execFileSync('npm', ['run', '--silent', 'nightly', '--', '--help'], { cwd: ROOT, encoding: 'utf8' })
  const stages = [...help.matchAll(/^ {2}([a-z][a-z-]*) {2,}\w/gm)].map(([, stage = '']) => stage)
  expect(stages).toContain('mutation')
  const ran = jobs['stage']?.strategy?.matrix?.['stages']?.flatMap((names) => names.split(','))
  expect(ran?.toSorted()).toEqual(stages.toSorted())
})
