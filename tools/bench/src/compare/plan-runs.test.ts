import { expect, it } from 'vitest'
import { CONTENDERS } from './contenders/contenders.ts'
import { planRuns } from './plan-runs.ts'
import { exampleRun } from './record/example-run.ts'

const none = { version: 1, runs: [] } as const
const options = {
  sizes: [1_000, 5_000],
  runs: 2,
  contenders: CONTENDERS,
  binaries: { released: undefined, uncapped: undefined },
  resume: false,
}
const textOf = (plan: ReturnType<typeof planRuns>): string[] =>
  plan.runs.map(({ contender, resources, users, run }) => `${contender.name} ${resources} ${users} ${run}`)

it('leaves out the Go operator without its executable, and says so', () => {
  const plan = planRuns(options, none, 'aaaaaaaa')
  expect(new Set(plan.runs.map(({ contender }) => contender.kind))).toEqual(new Set(['ours', 'loader']))
  expect(plan.leftOut).toEqual([
    'go-default: not measured without --go-operator; its last figures stay',
    'go-tuned: not measured without --go-operator; its last figures stay',
    'go-uncapped: not measured without --go-uncapped; its last figures stay',
  ])
})

it('measures the variants whose executable is given', () => {
  const binaries = { released: 'a', uncapped: undefined }
  const names = planRuns({ ...options, binaries }, none, 'aaaaaaaa').runs.map(({ contender }) => contender.name)
  expect(new Set(names)).toEqual(new Set(['ours', 'ours-uncapped', 'go-default', 'go-tuned', 'loader']))
})

it('alternates contenders, and shares secrets once at the smallest size', () => {
  const contenders = CONTENDERS.filter(({ name }) => name === 'ours' || name === 'loader')
  expect(textOf(planRuns({ ...options, contenders }, none, 'aaaaaaaa'))).toEqual([
    'ours 1000 1 1',
    'ours 1000 10 1',
    'loader 1000 1 1',
    'ours 1000 1 2',
    'loader 1000 1 2',
    'ours 5000 1 1',
    'loader 5000 1 1',
    'ours 5000 1 2',
    'loader 5000 1 2',
  ])
})

it('makes only the missing runs of a commit after an interruption', () => {
  const contenders = CONTENDERS.filter(({ name }) => name === 'loader')
  const figures = { version: 1, runs: [exampleRun('loader'), exampleRun('loader', 1, { resources: 5_000 })] } as const
  const resumed = planRuns({ ...options, contenders, resume: true }, figures, 'aaaaaaaa')
  expect(textOf(resumed)).toEqual(['loader 1000 1 2', 'loader 5000 1 2'])
  expect(resumed.leftOut).toEqual(['2 runs of this commit exist already'])
  expect(planRuns({ ...options, contenders, resume: true }, figures, 'bbbbbbbb').runs).toHaveLength(4)
  expect(planRuns({ ...options, contenders }, figures, 'aaaaaaaa').runs).toHaveLength(4)
})
