# Sourced by install.sh, in a folder with the built examples in examples/: gives each a small job, and checks what it
# leaves behind.

# expect_files NAME...: they exist and are not empty.
expect_files()
{
    for made in "$@"; do
        [ -s "$made" ] || { echo "$program did not write $made"; exit 1; }
    done
}

# refused STATUS SENTENCE COMMAND...: it exits with that status and prints the sentence on stderr.
refused()
{
    expected=$1
    sentence=$2
    shift 2
    status=0
    "$@" >/dev/null 2>refusal || status=$?
    [ $status = "$expected" ] && grep -q "$sentence" refusal && return
    echo "$* left with $status and said:"
    cat refusal
    exit 1
}

# 64 images of 28 x 28 pixels in MNIST's format, or as many as the argument says, and as many labels, 0 to 3; what
# is on the images is of no matter.
make_images()
{
    printf '\000\000\010\003\000\000\000'
    printf "\\$(printf '%03o' "${1:-64}")\000\000\000\034\000\000\000\034"
    awk -v pixels=$((${1:-64} * 784)) 'BEGIN { for (i = 0; i < pixels; i++) printf "%c", 33 + (i * i + i / 97) % 90 }'
}
make_labels()
{
    printf '\000\000\010\001\000\000\000'
    printf "\\$(printf '%03o' "${1:-64}")"
    awk -v labels="${1:-64}" 'BEGIN { for (i = 0; i < labels; i += 4) printf "%s", "3102" }' | tr 0123 '\000\001\002\003'
}
mkdir plain gzipped odd fewer
make_images 40 >fewer/train-images-idx3-ubyte
make_labels 40 >fewer/train-labels-idx1-ubyte
make_images 33 >odd/train-images-idx3-ubyte
make_images >plain/train-images-idx3-ubyte
make_labels >plain/train-labels-idx1-ubyte
gzip -c plain/train-images-idx3-ubyte >gzipped/my-images-idx3-ubyte.gz

for program in examples/*; do
    program=${program#examples/}
    echo "example $program:"
    case $program in
    augmentation)
        # The scripts' tests ask for more; here it is enough that it runs.
        examples/augmentation --data plain --test plain --per-class 4 --steps 2 --updates 2 --output augmentation \
            --quiet >figures
        grep -q '^plain=.* classical=.* gan=.* both=' figures
        expect_files augmentation/generator-1/generator.safetensors augmentation/both-1/classifier.safetensors \
            augmentation/plain-1/checkpoint.safetensors ${PICTURES:+augmentation/generator-1/samples.png}
        ;;
    autoencoder)
        # The scripts' tests ask for more; here it is enough that it runs.
        for model in vae vae-gan; do
            examples/autoencoder --data plain --test plain --model $model --output autoencoder-$model --batch 8 --steps 2 \
                --samples 40 --quiet >figures
            grep -q '^elbo=-.* reconstruction=.* kl=.* frechet=.* precision=.* recall=.* steps=2$' figures
            expect_files autoencoder-$model/generator.safetensors autoencoder-$model/encoder.safetensors \
                autoencoder-$model/checkpoint.safetensors \
                ${PICTURES:+autoencoder-$model/samples.png autoencoder-$model/reconstructions.png}
        done
        ;;
    blend_photos)
        examples/blend_photos --data plain --output coloured --count 64 >figures
        grep -q '^images=64 photos=0$' figures
        [ "$(wc -c <coloured/images.npy)" = $((128 + 64 * 3 * 28 * 28 * 4)) ]
        expect_files coloured/labels.npy
        if [ -n "$PICTURES" ]; then
            # any picture will do as a photograph
            mkdir photos
            cp coloured/images.png photos/one.png
            examples/blend_photos --data plain --output blended --photos photos
            if cmp -s coloured/images.npy blended/images.npy; then echo 'nothing was blended'; exit 1; fi
            examples/domain_adaptation --source coloured --target blended --test blended --output blending --steps 1 \
                --quiet >figures
            grep -q '^source_only=.* adapted=.* target=' figures
        fi
        refused 1 'it has 64 images' examples/blend_photos --data plain --first 60 --count 5
        refused 1 'NOT_FOUND' examples/blend_photos --data plain --photos nowhere
        ;;
    boltzmann)
        # The scripts' tests ask for more; here it is enough that it runs.
        examples/boltzmann --data plain --test plain --output boltzmann --hidden 16 --batch 8 --steps 100 --samples 40 \
            --burn-in 2 --quiet >figures
        grep -q '^reconstruction=.* frechet=.* free_energy_gap=.* steps=100$' figures
        expect_files boltzmann/checkpoint.safetensors boltzmann/losses.csv \
            ${PICTURES:+boltzmann/samples.png boltzmann/filters.png}
        ;;
    conditional)
        # The scripts' tests ask for more; here it is enough that it runs.
        examples/conditional --data plain --output conditional --batch 4 --steps 1 --samples 40 --quiet >figures
        grep -q '^agreement=.* steps=1$' figures
        expect_files conditional/generator.safetensors conditional/classifier.safetensors \
            conditional/checkpoint.safetensors ${PICTURES:+conditional/samples.png}
        ;;
    cpp_gan)
        examples/cpp_gan 3 .
        expect_files squares.safetensors ${PICTURES:+squares.png}
        ;;
    custom_loop)
        # Stopped and resumed, it is the file of a loop that never stopped.
        examples/custom_loop --steps 3 --save whole.safetensors
        examples/custom_loop --steps 2 --save part.safetensors
        examples/custom_loop --steps 3 --resume part.safetensors --save resumed.safetensors
        cmp whole.safetensors resumed.safetensors
        refused 1 'has taken 2 steps' examples/custom_loop --steps 1 --resume part.safetensors
        ;;
    domain_adaptation)
        # The scripts' tests ask for more; here it is enough that it runs.
        examples/domain_adaptation --source plain --target plain --test plain --output adaptation --steps 1 --quiet >figures
        grep -q '^source_only=.* adapted=.* target=' figures
        expect_files adaptation/adapted/features.safetensors adaptation/adapted/checkpoint.safetensors
        ;;
    dcgan)
        for recipe in $(examples/dcgan --recipes | awk '{ print $1 }'); do
            examples/dcgan --data plain --output dcgan --recipe "$recipe" --filters 8 --batch 4 --steps 1 --quiet
        done
        examples/dcgan --data plain --output dcgan --recipe stable --filters 8 --batch 8 --epochs 1 --quiet
        examples/dcgan --data plain --output dcgan --recipe stable --filters 8 --batch 8 --epochs 2 --resume
        expect_files dcgan/generator.safetensors dcgan/discriminator.safetensors dcgan/checkpoint.safetensors \
            ${PICTURES:+dcgan/samples-epoch-002.png}
        [ "$(wc -l <dcgan/losses.csv)" = 17 ] || { echo 'losses.csv has not one line a step'; exit 1; }
        if [ -n "$PICTURES" ]; then
            # The scripts' tests ask for more; here it is enough that it runs.
            examples/draw_outlines --data plain --output shapes --count 8 >/dev/null
            examples/dcgan --data shapes --size 32 --output shaped --batch 4 --steps 1 --quiet >figures
            grep -q '^frechet=.* frechet_of_data=.* steps=1 ' figures
            expect_files shaped/samples.png
        fi
        refused 1 'r1 is 1.*batch_norm' examples/dcgan --data plain --output dcgan --recipe dcgan --r1 1 --steps 1
        refused 2 'expected one of' examples/dcgan --recipe none
        refused 2 'expected one of non-saturating' examples/dcgan --loss none
        refused 2 'expected none, batch' examples/dcgan --generator-norm some
        refused 2 'give --steps' examples/dcgan --recipe r3gan-anneal
        rounded='examples/dcgan --data plain --output dcgan --batch 8 --steps 1 --quiet --bfloat16'
        if grep -qs avx512_bf16 /proc/cpuinfo; then
            $rounded
        else
            refused 1 'lacks AVX512_BF16' $rounded
        fi
        ;;
    draw_outlines)
        if [ -n "$PICTURES" ]; then
            examples/draw_outlines --data plain --output outlines --count 30 >figures
            grep -q '^train=30 test=0$' figures
            expect_files outlines/train/000000.png outlines/train/000029.png
        fi
        refused 1 'choose a larger --size' examples/draw_outlines --data plain --output outlines --size 16
        ;;
    embedded)
        mkdir empty
        (cd empty && ../examples/embedded >../embedded.out)
        grep -Eq '^bytes=[0-9]+ samples=1000 radius=(0\.9[5-9]|1\.0[0-5]) on_circle=(0\.9[0-9]|1\.00)$' embedded.out ||
            { cat embedded.out; exit 1; }
        rmdir empty
        refused 2 'no arguments' examples/embedded file
        ;;
    evaluate)
        # The data have test images only after a complaint about that.
        examples/mnist_gan --data plain --output evaluated --batch 16 --steps 1 --quiet
        evaluate="examples/evaluate evaluated/generator.safetensors --data plain --samples 40"
        refused 1 'no MNIST-format test images' $evaluate --floor
        refused 1 'NOT_FOUND' examples/evaluate nothing.safetensors --data plain
        refused 1 'samples have 1 values' examples/evaluate evaluated/discriminator.safetensors --data plain
        gzip -c plain/train-images-idx3-ubyte >plain/t10k-images-idx3-ubyte.gz
        cp plain/train-labels-idx1-ubyte plain/t10k-labels-idx1-ubyte
        $evaluate --floor --quiet >first
        $evaluate --floor >second
        cmp first second
        expect_files evaluated/classifier.safetensors
        grep -q '^samples=40$' first
        for name in frechet_distance kernel_distance kernel_distance_deviation precision recall inception_score \
            inception_score_deviation modes kl entropy smallest_share; do
            for prefix in '' floor_; do
                grep -Eq "^$prefix$name=-?[0-9.]+(e[-+][0-9]+)?$" first || { echo "no $prefix$name"; cat first; exit 1; }
            done
        done
        refused 1 'not a classifier of these images' $evaluate --classifier evaluated/generator.safetensors
        ;;
    infogan)
        examples/infogan --data plain --output infogan --steps 2 --quiet >figures
        grep -q '^agreement=[01]\.[0-9]* recognised=[01]\.[0-9]* labels=[1-4] of=4 steps=2$' figures
        expect_files infogan/generator.safetensors infogan/discriminator.safetensors infogan/checkpoint.safetensors \
            infogan/losses.csv ${PICTURES:+infogan/classes.png infogan/first-code.png infogan/second-code.png} \
            ${PICTURES:+infogan/losses.png}
        examples/infogan --data plain --output infogan --steps 1 --resume --quiet >figures
        grep -q ' steps=3$' figures
        [ "$(wc -l <infogan/losses.csv)" = 4 ] || { echo 'losses.csv has not one line a round'; exit 1; }
        refused 2 'has seed 0, which cannot be changed' \
            examples/infogan --data plain --output infogan --steps 1 --resume --seed 1 --quiet
        refused 1 'it has shrunk since' examples/infogan --data fewer --output infogan --steps 1 --resume --quiet
        examples/infogan --data fewer --output infogan --steps 1 --resume --restart-epoch --quiet >figures
        grep -q ' steps=4$' figures
        ;;
    minimal)
        examples/minimal
        expect_files circle.safetensors
        ;;
    mixtures)
        for mixture in ring grid; do
            examples/mixtures $mixture --steps 40 --batch 16 --seed 1 --output mixtures | tail -n 1 >line
            grep -Eq '^steps=40 modes=[0-9]+ high_quality=[01]\.[0-9]{3} seconds=[0-9]+$' line || { cat line; exit 1; }
            [ -z "$PICTURES" ] || expect_files mixtures/$mixture.png
        done
        [ "$(examples/mixtures table --steps 2 --batch 16 | wc -l)" = 9 ] || { echo 'not one line a loss'; exit 1; }
        refused 2 'expected one of' examples/mixtures ring --loss none
        ;;
    mnist_gan)
        examples/mnist_gan --data plain --output trained --batch 16 --seed 3 --epochs 1
        examples/mnist_gan --data gzipped --output trained --batch 16 --seed 3 --epochs 2 --resume
        expect_files trained/losses.csv trained/generator.safetensors trained/discriminator.safetensors \
            trained/checkpoint.safetensors
        [ -z "$PICTURES" ] || expect_files trained/samples.png trained/samples-epoch-001.png \
            trained/samples-epoch-002.png trained/losses.png
        # The run ended with an epoch, which had all files written but this one.
        [ -z "$PICTURES" ] || [ -z "$(find trained -newer trained/samples.png -type f)" ] || {
            echo 'files were written twice'
            exit 1
        }
        [ "$(wc -l <trained/losses.csv)" = 9 ] || { echo 'losses.csv has not one line a step'; exit 1; }
        examples/mnist_gan --data plain --output bare --recipe bare --batch 32 --steps 1 --quiet
        expect_files bare/generator.safetensors
        # Another model brings its own default recipe.
        examples/mnist_gan --data plain --output convolutions --model dcgan --batch 32 --steps 1 --quiet
        examples/dcgan --data plain --output same-convolutions --recipe dcgan --batch 32 --steps 1 --quiet
        cmp convolutions/generator.safetensors same-convolutions/generator.safetensors
        refused 2 'expected dense or dcgan' examples/mnist_gan --data plain --model none
        refused 2 'was built without libgan-mpi' examples/mnist_gan --data plain --output together --mpi
        # A resumed training has the rates that are given again, and its own without them.
        for rate in '' 0.0002 0.00001; do
            rm -rf "bare$rate-again"
            cp -R bare "bare$rate-again"
            examples/mnist_gan --data plain --output "bare$rate-again" --recipe bare --batch 32 --steps 1 --quiet --resume \
                ${rate:+--learning-rate $rate}
        done 2>/dev/null
        cmp bare-again/generator.safetensors bare0.0002-again/generator.safetensors
        if cmp -s bare-again/generator.safetensors bare0.00001-again/generator.safetensors; then
            echo 'a rate given with --resume changes nothing'
            exit 1
        fi
        refused 2 'has seed 0, which cannot be changed' \
            examples/mnist_gan --data plain --output bare --recipe bare --batch 32 --steps 1 --seed 4 --resume
        # A single sample at an epoch's end is left out; with other images an epoch begins anew only if that is wanted.
        examples/mnist_gan --data odd --output odd-trained --batch 32 --epochs 2 --quiet
        expect_files odd-trained/generator.safetensors odd-trained/checkpoint.safetensors
        [ "$(wc -l <odd-trained/losses.csv)" = 3 ] || { echo 'an epoch of 33 images is not one step'; exit 1; }
        refused 1 'it has grown since' examples/mnist_gan --data plain --output odd-trained --batch 32 --epochs 3 --resume
        examples/mnist_gan --data plain --output odd-trained --batch 32 --epochs 3 --quiet --resume --restart-epoch
        [ "$(wc -l <odd-trained/losses.csv)" = 5 ] || { echo 'an epoch of 64 images is not two steps'; exit 1; }
        ;;
    sample)
        model=trained/generator.safetensors
        examples/sample $model --count 5 --seed 1 --output five.npy
        [ "$(wc -c <five.npy)" = $((128 + 5 * 28 * 28 * 4)) ] || { echo 'five.npy has not the size of five'; exit 1; }
        examples/sample $model --count 5 --seed 1 --interpolate --output path.npy
        if cmp -s five.npy path.npy; then echo 'the path is the samples'; exit 1; fi
        if [ -n "$PICTURES" ]; then
            examples/sample $model --count 5 --output five.png
            expect_files five.png
        fi
        $CC $CFLAGS -std=c11 -Wall -Wextra -Werror "$here/generators.c" -o generators $flags
        ./generators
        # numbers FILE LINES CONDITION OPTION...: the CSV file has so many samples, and in each the condition holds.
        numbers()
        {
            model=$1 lines=$2 condition=$3
            shift 3
            examples/sample "$model" --output numbers.csv "$@"
            awk -F , "NR > 1 && !($condition) { bad = 1 } END { exit bad || NR != $lines + 1 }" numbers.csv && return
            echo "sample $model $*: not $lines times $condition:"
            cat numbers.csv
            exit 1
        }
        numbers uniform.safetensors 64 '$1 >= -1 && $1 < 1 && $2 >= -1 && $2 < 1'
        numbers uniform.safetensors 9 '$1 >= -1 && $1 < 1' --count 9 --interpolate
        numbers labelled.safetensors 64 '$3 == 0 || $3 == 1 || $3 == 2 || $3 == 3'
        [ "$(sed 1d numbers.csv | cut -d , -f 3 | sort -u | wc -l)" = 4 ] || { echo 'not all classes'; exit 1; }
        numbers labelled.safetensors 20 '$3 == 3' --class 3 --count 20 --seed 2
        numbers labelled.safetensors 20 '$3 == 0 && $1 * $1 <= 0.25 && $2 * $2 <= 0.25' --class 0 --count 20 \
            --truncation 0.5
        numbers labelled.safetensors 7 '$3 == (NR + 1) % 3 + 1' --classes 1,2,3 --count 7
        # In a row the class is the same, in a column the noise.
        numbers labelled.safetensors 20 '$3 == int((NR - 2) / 5) &&
            (z[NR % 5] == "" || z[NR % 5] == $1) && (z[NR % 5] = $1) != z[(NR + 4) % 5]' --grid-by-class --count 5
        numbers labelled.safetensors 20 '$3 == (NR <= 11 ? 2 : 0)' --grid-by-class --classes 2,0
        numbers labelled.safetensors 5 '$3 == 1' --interpolate --class 1 --count 5
        if [ -n "$PICTURES" ]; then
            examples/sample images.safetensors --grid-by-class --output classes.png
            expect_files classes.png
        fi
        examples/sample labelled.safetensors --onnx labelled.onnx >written
        grep -q '^onnx=labelled.onnx$' written
        expect_files labelled.onnx
        sample=examples/sample
        refused 2 'not grey or colour images' $sample labelled.safetensors
        refused 2 'this generator has no classes' $sample uniform.safetensors --grid-by-class --output no.npy
        refused 2 'choose a class by --class' $sample labelled.safetensors --interpolate --output no.npy
        refused 2 'expected class numbers' $sample labelled.safetensors --classes 1,,2 --output no.npy
        refused 2 'expected class numbers' $sample labelled.safetensors --classes 1,2, --output no.npy
        refused 2 'not together' $sample labelled.safetensors --class 1 --classes 2 --output no.npy
        refused 2 'ends in .png, .npy or .csv' $sample labelled.safetensors --output no.txt
        refused 2 'name a model' $sample --count 3
        refused 2 'without --onnx' $sample labelled.safetensors --no-dropout --output no.npy
        refused 2 'together with --onnx' $sample labelled.safetensors --onnx no.onnx --count 3
        refused 1 'classes.0. is 4, expected 0 to 3' $sample labelled.safetensors --class 4 --output no.npy
        refused 1 'no normal noise is drawn' $sample uniform.safetensors --truncation 1 --output no.npy
        refused 2 'this generator has no classes' $sample uniform.safetensors --class 1 --output no.npy
        [ ! -e no.npy ] || { echo 'a refused call wrote its file'; exit 1; }
        ;;
    semi_supervised)
        examples/semi_supervised --data plain --labels 8 --steps 2 --output semi_supervised --quiet >figures
        tail -n 1 figures | grep -q '^errors=.* of=16 labelled_only=.* all_labels='
        expect_files semi_supervised/semi-supervised-1/classifier.safetensors \
            semi_supervised/all-labels/checkpoint.safetensors
        ;;
    stacked_mnist)
        stacked="examples/stacked_mnist --data plain --output stacked --steps 11 --batch 2 --samples 40"
        $stacked --recipe r3gan-anneal --floor >first
        expect_files stacked/generator.safetensors stacked/classifier.safetensors stacked/losses.csv \
            ${PICTURES:+stacked/samples.png}
        $stacked --recipe r3gan-anneal --classifier stacked/classifier.safetensors --quiet >second
        grep -Eq '^floor_modes=[0-9]+ floor_kl=[0-9.]+$' first
        grep -Eq '^modes=[0-9]+ kl=[0-9.]+ seconds=[0-9.]+$' second
        [ "$(sed -n 's/ seconds=.*//p' first)" = "$(sed 's/ seconds=.*//' second)" ]
        cp stacked/generator.safetensors other.safetensors
        $stacked --recipe pacgan --quiet
        if cmp -s stacked/generator.safetensors other.safetensors; then echo 'two recipes made one model'; exit 1; fi
        # Stopped and resumed, it is as one that never stopped.
        parts=$(echo "$stacked --quiet --classifier stacked/classifier.safetensors" | sed 's/--output stacked/--output parts/')
        $(echo "$parts" | sed 's/--steps 11/--steps 4/') >/dev/null
        $parts --resume >/dev/null
        cmp stacked/generator.safetensors parts/generator.safetensors
        refused 2 'has seed 0' $parts --resume --seed 1
        ;;
    table)
        # The scripts' tests ask for more; here it is enough that it runs.
        awk 'BEGIN { print "kind,size,price"; for (i = 0; i < 60; i++) print (i % 2 ? "a" : "b") "," i "," i / 4 }' >table.csv
        examples/table --data table.csv --output like.csv --folder table --steps 2 --quiet >figures
        tail -n 1 figures | grep -q '^marginal=.* correlation='
        [ "$(wc -l <like.csv)" = 61 ] || { echo 'like.csv has not as many rows'; exit 1; }
        expect_files table/generator.safetensors table/checkpoint.safetensors ${PICTURES:+table/pairs.png}
        ;;
    text)
        # The scripts' tests ask for more; here it is enough that it runs.
        awk 'BEGIN { for (i = 0; i < 60; i++) printf "%c%c%c\n", 97 + i % 5, 97 + i % 7, 97 + i % 3 }' >words
        examples/text --words words --steps 2 --width 4 --batch 8 --samples 9 --output text --quiet >figures
        tail -n 1 figures | grep -q '^js3=.* js4=.* markov_js3=.* real=.* steps=2$'
        [ "$(wc -l <text/samples.txt)" = 9 ] || { echo 'samples.txt has not as many lines'; exit 1; }
        expect_files text/generator.safetensors text/checkpoint.safetensors text/ngrams.csv
        ;;
    translate)
        # The scripts' tests ask for more; here it is enough that it runs.
        if [ -n "$PICTURES" ]; then
            examples/translate --data outlines --size 32 --filters 2 --steps 1 --output translated --quiet >figures
            grep -q '^l1=.* frechet=.* l1_only=.* l1_only_frechet=.* held_out=3 steps=1$' figures
            examples/translate --apply translated/paired/generator.safetensors --input outlines/train --output applied
            expect_files translated/comparison.png translated/l1_only/generator.safetensors applied/000000.png
        fi
        ;;
    video)
        # The scripts' tests ask for more; here it is enough that it runs.
        examples/video --data plain --steps 1 --batch 2 --samples 4 --output video --quiet >figures
        grep -q '^motion=.* motion_of_data=.* frechet=.* steps=1$' figures
        expect_files video/generator.safetensors video/checkpoint.safetensors video/samples.png \
            ${PICTURES:+video/frames.png}
        ;;
    *)
        echo "there is no small job here for the example $program"
        exit 1
        ;;
    esac
done
