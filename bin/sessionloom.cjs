#!/usr/bin/env node
// Old syntax on purpose: what is too old to run the rest must still be able to say so.
const version = process.versions.node.split('.').map(Number)
if (version[0] < 22 || (version[0] === 22 && version[1] < 13)) {
  process.stderr.write(
    `sessionloom needs Node 22.13 or newer; this is ${process.version}. See https://nodejs.org.\n`,
  )
  process.exit(1)
}
void import('../dist/main.js')
