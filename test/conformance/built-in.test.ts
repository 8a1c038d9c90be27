import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freshDatabase } from '../stack/database.ts'
import { readBuiltIn } from './built-in.ts'

const { db, drop } = await freshDatabase()
afterAll(drop)

test('every plug-in that has a folder here is among those whose parts the kits are run against', async () => {
  const { pluginNames } = await readBuiltIn(db)
  const files = await readdir(new URL('../../plugins', import.meta.url), { recursive: true })
  const folders = files.filter((file) => /^[^/\\]+[/\\]plugin\.ts$/.test(file)).map((file) => dirname(file))
  // The contract has a file of that name, too, and brings nothing.
  const brought = folders.filter((folder) => folder !== 'contract')
  expect(brought.toSorted()).toEqual(pluginNames.toSorted())
})
