import { expect, it } from 'vitest'
import { checkBuildAllowed, ImageUnavailable } from './image-unavailable.ts'

it.each([{ IMAGE_BUILD: 'fresh' }, { IMAGE_TEST: 'required' }])('builds an image with %j', (env) => {
  expect(() => checkBuildAllowed(env)).not.toThrow()
})

it('builds no image in an ordinary test run, and names the command that does', () => {
  expect(() => checkBuildAllowed({ IMAGE_BUILD: 'kept' })).toThrow(ImageUnavailable)
  expect(() => checkBuildAllowed({})).toThrow('npm run image-test builds one')
})
