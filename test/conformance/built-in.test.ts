import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freshDatabase } from '../stack/database.ts'
import { readBuiltIn } from './built-in.ts'

const { db, drop } = await freshDatabase()
afterAll(drop)

test('every plug-in with a folder in plugins is in the configuration whose parts the kits check', async () => {
  const { pluginNames } = await readBuiltIn(db)
  const files = await readdir(new URL('../../plugins', import.meta.url), { recursive: true })
  const folders = files.filter((file) => /^[^/\\]+[/\\]plugin\.ts$/.test(file)).map((file) => dirname(file))
  // The contract has a file of that name too, but it is not a plug-in.
  const expected = folders.filter((folder) => folder !== 'contract')
  expect(expected.toSorted()).toEqual(pluginNames.toSorted())
})
