import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, type TestContext } from 'vitest'
import { browserOrReason, type Visit, visit, type VisitOptions } from './browser.ts'
import { PageServer } from './page-server.ts'

/** A browser and a server of the pages for the tests of a file. */
export interface Pages {
  readonly server: PageServer
  /** Opens a page, of another server with `url`; skips the test where there is no browser. */
  readonly open: (context: TestContext, fragment: string, options?: VisitOptions, url?: string) => Promise<Visit>
}

/** Call it at the top of a test file. */
export function usePages(): Pages {
  const server = new PageServer()
  let browser: Browser | string
  let own: string
  beforeAll(async () => {
    browser = await browserOrReason()
    own = await server.start()
  })
  afterAll(async () => {
    if (typeof browser !== 'string') await browser?.close()
    await server.close()
  })
  return {
    server,
    open: (context, fragment, options = {}, url = own) =>
      typeof browser === 'string' ? context.skip(browser) : visit(browser, url, fragment, options),
  }
}
