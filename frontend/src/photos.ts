// Makes a photo fit for sending: the right kind, not over the limit. Re-encoding also drops where it was taken.

// A phone that takes HEIC pictures turns them into JPEG when a page does not ask for HEIC.
export const KINDS = ["image/jpeg", "image/png", "image/webp"];
export const LARGEST = 5 * 1024 * 1024;
const LONGEST_SIDE = 2560;

export interface Photo {
  name: string;
  blob: Blob;
  preview: ImageBitmap | null;
}

export class WrongKind extends Error {}
export class TooLarge extends Error {}

/** Return `file` ready to be sent; throws WrongKind or TooLarge. */
export async function prepare(file: File): Promise<Photo> {
  if (!KINDS.includes(file.type)) throw new WrongKind();
  const bitmap = await createImageBitmap(file).catch(() => null);
  let blob: Blob = file;
  let name = file.name;
  if (bitmap && (file.size > LARGEST || Math.max(bitmap.width, bitmap.height) > LONGEST_SIDE)) {
    blob = (await smaller(bitmap)) ?? blob;
    name = name.replace(/\.\w+$/, "") + ".jpg";
  }
  if (blob.size > LARGEST) throw new TooLarge();
  return { name, blob, preview: bitmap };
}

function smaller(bitmap: ImageBitmap): Promise<Blob | null> {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
}
