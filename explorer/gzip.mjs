import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';

const COMPRESSIBLE = /\.(js|css|svg|ttf|json)$/;

/** Write `NAME.gz` beside every built asset that gets smaller by it. */
export function gzipVariants() {
  return {
    name: 'coursegrade-gzip-variants',
    apply: 'build',
    async writeBundle({ dir }) {
      const assets = join(dir, 'assets');
      const names = (await readdir(assets)).filter((name) => COMPRESSIBLE.test(name));
      for (const name of names) {
        const plain = await readFile(join(assets, name));
        const packed = gzipSync(plain, { level: constants.Z_BEST_COMPRESSION });
        if (packed.length < plain.length) await writeFile(join(assets, `${name}.gz`), packed);
      }
    },
  };
}
