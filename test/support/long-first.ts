import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Short texts, long runs: begun last, one of them would run alone when all others are done. */
const long = /\/(many-servers|kill|shared|crash|tools|command-line)\.test\.ts$/;

/** Vitest begins with the largest file; these go before. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => long.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
