import { render } from 'preact'
import { Shell } from './shell.tsx'
import { AppContext, startApp } from './state/app.ts'

const root = document.querySelector('#app')
if (root === null) throw new Error('no #app')
root.replaceChildren()
render(
  <AppContext.Provider value={startApp()}>
    <Shell />
  </AppContext.Provider>,
  root,
)
